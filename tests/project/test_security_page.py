"""The page on security: each line of its threat model names tests, and these exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from .repository import ROOT

PAGE = ROOT / "SECURITY.md"
SECTION = "## Threat model"
COLUMNS = ["threat", "what protects", "proven by"]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FEWEST = 15
"""A page that lost its table, or whose table cannot be read any more, has fewer lines."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the threat model; `tests` are file and name."""

    threat: str
    protection: str
    tests: tuple[tuple[str, str], ...]
    rest: str
    """What stands in the last cell beside the tests."""


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each line of every table in the section of the threat model."""
    _, _, section = text.partition(f"{SECTION}\n")
    section = re.split(r"^## ", section, maxsplit=1, flags=re.M)[0]
    for line in section.splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def threat_model(text: str) -> list[Line]:
    lines = []
    for cells in rows(text):
        assert len(cells) == len(COLUMNS), f"a line needs three cells: {cells}"
        if cells == COLUMNS:
            continue
        threat, protection, proof = cells
        tests = tuple((file, name) for file, name in NAMED.findall(proof))
        lines.append(Line(threat, protection, tests, NAMED.sub("", proof).strip(" ,")))
    return lines


@cache
def defined_in(file: str) -> frozenset[str]:
    """The names of the tests that a file defines; none where there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, functions) and node.name.startswith("test_")
    )


def faults_of(line: Line) -> list[str]:
    """What is wrong with a line; nothing where it is as it should be."""
    told = [] if line.threat and line.protection else ["says no threat or no protection"]
    if not line.tests:
        told.append("names no test")
    if line.rest:
        told.append(f"holds something else than tests beside them: {line.rest}")
    told += [f"{file}::{name} does not exist" for file, name in line.tests
             if name not in defined_in(file)]  # fmt: skip
    return told


LINES = threat_model(PAGE.read_text("utf-8"))


def test_the_page_has_a_threat_model() -> None:
    assert len(LINES) >= FEWEST
    assert len({line.threat for line in LINES}) == len(LINES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.threat)
def test_every_line_names_tests_that_exist(line: Line) -> None:
    assert faults_of(line) == []


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("", "names no test"),
        ("`tests/project/test_security_page.py`", "names no test"),
        ("`tests/project/test_security_page.py::test_nobody_wrote`", "does not exist"),
        ("`tests/project/test_nowhere.py::test_it`", "does not exist"),
        ("`tests/project/test_security_page.py::test_the_page_has_a_threat_model` later", "later"),
    ],
)
def test_a_line_without_a_proof_is_noticed(cell: str, told: str) -> None:
    page = f"# x\n\n{SECTION}\n\n| {' | '.join(COLUMNS)} |\n| --- | --- | --- |\n"
    (line,) = threat_model(f"{page}| a threat | a protection | {cell} |\n\n## Next\n| a | b |\n")
    assert any(told in fault for fault in faults_of(line))
