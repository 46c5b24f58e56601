"""Floors that no import contract can say; the others stand in .importlinter, for `make check`."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ml_connector.flows import FLOWS
from ml_connector.vendors import VENDORS

from .repository import ROOT

SOURCE = ROOT / "src"
ENGINE = SOURCE / "ml_connector"
BLIND_TO_VENDORS = ["core", "http", "store", "engine"]
BLIND_IN_PROSE_TOO = ["http", "store", "engine"]
NAMES = sorted({
    "intuit",
    *(word for v in VENDORS for word in (v.name, v.label, v.name.partition("_")[0])),
    *(flow.kind for flow in FLOWS),
})  # fmt: skip
NAMED = re.compile(rf"(?<![a-z])({'|'.join(map(re.escape, NAMES))})(?![a-z])", re.IGNORECASE)

# Libraries that more than one room knows, each with its reason.
EVERYWHERE = {
    "pydantic": "each vendor's wire models are strict models",
    "structlog": "each room that has something to report logs it",
}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Dotted names that the module imports; the house has no relative imports to resolve."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """The folder or the file right below the package: `http`, `vendors`, `app`."""
    return path.relative_to(ENGINE).with_suffix("").parts[0]


def test_a_library_is_known_by_one_room() -> None:
    ours = {"ml_connector", "ml_sandbox", "__future__", *EVERYWHERE}
    rooms: dict[str, set[str]] = defaultdict(set)
    for path in modules(ENGINE):
        for name in imported(path):
            library = name.partition(".")[0]
            if library not in ours and library not in sys.stdlib_module_names:
                rooms[library].add(room(path))
    assert {library: users for library, users in rooms.items() if len(users) > 1} == {}


def test_a_flow_knows_only_its_own_two_vendors() -> None:
    """Its file, and the modules beside it that it is made of; each of these belongs to a flow."""
    folder = ENGINE / "flows"
    known = {path.stem: set(imported(path)) for path in modules(folder)}
    reached: set[str] = {"__init__"}
    for flow in FLOWS:
        parts = parts_of(known, flow.kind.replace("-", "_"))
        reached |= parts
        vendors = {
            name.split(".")[2]
            for part in parts
            for name in known[part]
            if name.startswith("ml_connector.vendors.")
        }
        assert vendors <= {flow.source, flow.target}, flow.kind
    assert known.keys() == reached


def parts_of(known: Mapping[str, set[str]], module: str) -> set[str]:
    """The module, and those of its folder that it imports, whatever they import too."""
    parts: set[str] = set()
    left = [module]
    while left:
        part = left.pop()
        if part not in parts:
            parts.add(part)
            beside = (name.split(".") for name in known[part] if ".flows." in name)
            left += [steps[2] for steps in beside if steps[2] in known]
    return parts


def words_in_code(path: Path) -> Iterator[tuple[int, str]]:
    """Names and strings of a module with their lines, docstrings left out."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        for field in ("id", "attr", "arg", "name"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield getattr(node, "lineno", 0), word


@pytest.mark.parametrize("name", BLIND_TO_VENDORS)
def test_the_floor_names_no_vendor(name: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word[:80]}"
        for path in modules(ENGINE / name)
        for line, word in words_in_code(path)
        if NAMED.search(word)
    ]
    assert found == []


@pytest.mark.parametrize("name", BLIND_IN_PROSE_TOO)
def test_not_even_in_prose(name: str) -> None:
    """No vendor and no flow, in no comment and no docstring: what is said holds for all of them."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in modules(ENGINE / name)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if NAMED.search(line)
    ]
    assert found == []


def test_core_does_no_io_and_reads_no_clock() -> None:
    forbidden = {
        "asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "shutil",
        "socket", "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib.request",
    }  # fmt: skip
    for path in modules(ENGINE / "core"):
        for name in imported(path):
            parents = {name.rpartition(".")[0], name, name.partition(".")[0]}
            assert not parents & forbidden, f"{path.relative_to(ROOT)} imports {name}"
