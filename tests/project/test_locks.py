"""The lock files: complete, hashed, and silent about where packages come from."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .repository import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock"]


def read_lock(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Package name → its requirement and its hashes."""
    entries: dict[str, tuple[Requirement, list[str]]] = {}
    joined = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    for line in joined.splitlines():
        if line and not line.startswith("#"):
            text, *hashes = re.split(r"\s+--hash=", line.strip())
            requirement = Requirement(text)
            entries[canonicalize_name(requirement.name)] = (requirement, hashes)
    return entries


def declared() -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    runtime: list[str] = settings["project"]["dependencies"]
    return {
        "requirements.lock": runtime,
        "requirements-dev.lock": [*runtime, *settings["dependency-groups"]["dev"]],
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_one_version_and_hashes(name: str) -> None:
    entries = read_lock(name)
    assert len(entries) > 20
    for requirement, hashes in entries.values():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_and_no_option_stands_in_a_lock(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert " @ " not in text
    options = set(re.findall(r"(?:^|\s)(--?[a-z][a-z-]*)", text)) - {"--hash"}
    assert options == set()


@pytest.mark.parametrize("name", LOCKS)
def test_no_path_of_a_machine_stands_in_a_lock(name: str) -> None:
    """Hashes hold no slash, so a slash or a backslash within a line can only be a path."""
    joined = (ROOT / name).read_text("utf-8").replace(" \\\n", "\n")
    assert not re.search(r"[/\\]", joined)


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_satisfies_what_the_project_declares(name: str) -> None:
    entries = read_lock(name)
    for text in declared()[name]:
        wanted = Requirement(text)
        locked, _ = entries[canonicalize_name(wanted.name)]
        version = str(locked.specifier).removeprefix("==")
        assert wanted.specifier.contains(version, prereleases=True), (wanted, version)


def test_tests_run_on_the_versions_that_the_product_installs() -> None:
    everything = read_lock("requirements-dev.lock")
    for name, (requirement, _) in read_lock("requirements.lock").items():
        assert everything[name][0].specifier == requirement.specifier
