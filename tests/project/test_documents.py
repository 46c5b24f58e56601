"""The documents: links lead somewhere, targets exist, nothing is out of reach of the index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .repository import ROOT

UNPROVEN = ["deploy/ml-connector.service", "deploy/Dockerfile", ".github/workflows/ci.yml"]
COMPARISONS = (
    r"\b(best|better|easier|easiest|faster|fastest|blazing|effortless|leading|more reliable|"
    r"powerful|robust|safer|safest|seamless|simpler|simplest|smarter|superior|unlike other)\b"
)


def documents() -> list[Path]:
    own = [path for path in ROOT.glob("*.md") if path.is_file()]
    return sorted([*own, *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.M))


def links(path: Path) -> Iterator[str]:
    """Targets of the links that stay in the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text("utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(path: Path) -> set[str]:
    """The names under which the headings of a page can be reached."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in headings}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.M))


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_resolves(path: Path) -> None:
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{name_of(path)} links to {link}"
        assert target.is_relative_to(ROOT), f"{name_of(path)} links out of the repository: {link}"
        if anchor:
            assert anchor in anchors(target), f"{name_of(path)} links to {link}"


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    blocks = re.findall(r"^```.*?^```", text, flags=re.DOTALL | re.M)
    commands = [*re.findall(r"`(make [^`\n]+)`", text)]
    commands += [line.strip() for block in blocks for line in block.splitlines()]
    for command in commands:
        if named := re.match(r"(?:\$ )?make ([a-z]+)", command):
            assert named[1] in make_targets(), f"{name_of(path)}: {command}"


def test_every_make_target_says_what_it_does() -> None:
    described = re.findall(r"^([a-z]+):.*## \S", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(described) == make_targets()


def test_every_page_can_be_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            waiting += [
                (page.parent / link.partition("#")[0]).resolve()
                for link in links(page)
                if not link.startswith("#")
            ]
    assert sorted(map(name_of, set((ROOT / "docs").rglob("*.md")) - reached)) == []


def test_the_readme_shows_the_two_commands_that_everybody_needs() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text


def test_the_readme_compares_itself_with_nobody() -> None:
    found = re.findall(COMPARISONS, (ROOT / "README.md").read_text("utf-8"), flags=re.I)
    assert found == []


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_file_that_no_check_executes_says_so_first(name: str) -> None:
    first = (ROOT / name).read_text("utf-8").splitlines()[0]
    assert first.startswith("# No check has executed this file")


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
