"""What the project stands on: licences that are allowed, an audit that never fails for want of a
network, and a bill of materials that is the lock's."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .repository import ROOT
from .test_locks import read_lock

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


@pytest.fixture(scope="module", autouse=True)
def _tools() -> Any:
    """The tools import each other, as they do when they are run."""
    sys.path.insert(0, str(ROOT / "tools"))
    yield
    sys.path.remove(str(ROOT / "tools"))


def tool(name: str) -> Any:
    return importlib.import_module(name)


# --- licences -----------------------------------------------------------------------------------


def test_every_locked_package_has_a_licence_that_is_allowed() -> None:
    licences = tool("licences")
    assert list(licences.refused(licences.policy())) == []


def test_a_licence_that_is_not_allowed_is_named_with_its_package() -> None:
    licences = tool("licences")
    rules = licences.policy()
    strict = type(rules)(rules.shipped - {"BSD-3-Clause"}, rules.tools, rules.names, rules.read)
    told = list(licences.refused(strict))
    assert any(re.fullmatch(r"starlette \S+ \(is shipped\): BSD-3-Clause", line) for line in told)
    assert not any(line.startswith("mutmut ") for line in told)  # a tool may have it


def test_what_is_only_a_tool_may_have_more_than_what_is_shipped() -> None:
    licences = tool("licences")
    rules = licences.policy()
    assert rules.shipped < rules.tools
    strict = type(rules)(rules.shipped, rules.shipped, rules.names, rules.read)
    told = list(licences.refused(strict))
    assert told
    assert all("(is a tool)" in line for line in told)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True), ("MIT OR GPL-3.0-only", True), ("MIT AND Apache-2.0", True),
        ("MIT AND GPL-3.0-only", False), ("GPL-3.0-only", False), ("", False), ("UNKNOWN", False),
        ("Apache-2.0 OR MIT AND GPL-3.0-only", False), ("(MIT)", False),
    ],
)  # fmt: skip
def test_how_licences_are_joined(expression: str, allowed: bool) -> None:
    assert tool("licences").is_allowed(expression, frozenset({"MIT", "Apache-2.0"})) is allowed


def test_a_package_that_says_nothing_is_not_allowed() -> None:
    licences = tool("licences")
    rules = licences.policy()
    assert not licences.is_allowed(licences.licence_of("no-such-package", rules), rules.tools)


def test_what_a_person_has_read_is_still_locked() -> None:
    licences = tool("licences")
    assert licences.policy().read.keys() <= read_lock("requirements-dev.lock").keys()


# --- known weaknesses ---------------------------------------------------------------------------


def test_without_a_network_the_audit_is_skipped_with_a_reason() -> None:
    nowhere = "http://127.0.0.1:1"
    proxied = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere)
    done = subprocess.run(
        [sys.executable, "tools/audit.py"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, **proxied, "NO_PROXY": "", "no_proxy": ""}, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"audit: skipped, .+\n", done.stdout)


@pytest.mark.parametrize(
    "printed",
    ["", "no JSON", "{}", '{"dependencies": null}', '{"dependencies": []}',
     '{"dependencies": [{"name": "a", "skip_reason": "not found"}]}'],
)  # fmt: skip
def test_an_answer_that_tells_nothing_is_no_clean_bill(printed: str) -> None:
    audit = tool("audit")
    with pytest.raises(audit.Unreachable):
        audit.told(printed)


FOUND = {
    "name": "thing", "version": "1.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"], "aliases": ["CVE-2026-1"]},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": []},
    ],
}  # fmt: skip


def test_a_weakness_is_told_unless_it_is_accepted() -> None:
    audit = tool("audit")
    reports = audit.told(json.dumps({"dependencies": [FOUND]}))
    first = "thing 1.0: PYSEC-1, mended by 1.1, 2.0"
    second = "thing 1.0: PYSEC-2, mended by no version yet"
    assert audit.weaknesses(reports, {}) == [first, second]
    assert audit.weaknesses(reports, {"CVE-2026-1": "it does not reach us"}) == [second]
    assert audit.weaknesses(reports, {"PYSEC-1": "so", "PYSEC-2": "so"}) == []


@pytest.mark.parametrize("script", ["tools/licences.py", "tools/audit.py"])
def test_make_check_asks(script: str) -> None:
    check = MAKEFILE.split("\ncheck:")[1].split("\n\n")[0]
    assert script in check


# --- bill of materials --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any]:
    """As text and as what it says, written as `make sbom` does."""
    file: Path = tmp_path_factory.mktemp("sbom") / "sbom.json"
    subprocess.run(
        [sys.executable, "tools/sbom.py", str(file)], cwd=ROOT, check=True, capture_output=True
    )
    text = file.read_text("utf-8")
    return text, json.loads(text)


def test_the_bill_names_what_the_lock_names_with_the_same_hashes(bill: tuple[str, Any]) -> None:
    told = {
        part["name"]: (part["version"], {h["content"] for h in part["hashes"]})
        for part in bill[1]["components"]
    }
    wanted = {
        name: (
            str(requirement.specifier).removeprefix("=="),
            {each.removeprefix("sha256:") for each in hashes},
        )
        for name, (requirement, hashes) in read_lock("requirements.lock").items()
    }
    assert told == wanted


def test_every_part_of_the_bill_has_a_licence_and_an_address_of_its_kind(
    bill: tuple[str, Any],
) -> None:
    for part in bill[1]["components"]:
        assert part["licenses"], part["name"]
        assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
    assert bill[1]["metadata"]["component"]["name"] == "ml-connector"


def test_the_bill_holds_no_address_and_no_path(bill: tuple[str, Any]) -> None:
    text, told = bill
    assert re.findall(r"\w+://[^\"]*", text) == [told["$schema"]]
    assert str(ROOT) not in text
    folders = ("home", "root", "tmp")
    assert not any(f"/{folder}/" in text for folder in folders)
    assert "\\\\" not in text
    assert "timestamp" not in told["metadata"]


def test_the_same_lock_makes_the_same_bill(bill: tuple[str, Any]) -> None:
    assert tool("sbom").bill() == bill[0]


def test_make_sbom_writes_it() -> None:
    assert "tools/sbom.py" in MAKEFILE.split("\nsbom:")[1].split("\n\n")[0]
