"""Deleting a vendor's folder, its flows and their lines deletes the vendor, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml_connector.flows import FLOWS
from ml_connector.vendors import VENDORS

from .repository import ROOT

LOOK = """
import importlib, json, pkgutil
import ml_connector
for module in pkgutil.walk_packages(ml_connector.__path__, "ml_connector."):
    if not module.name.endswith((".__main__", ".migrations.env")):
        importlib.import_module(module.name)
from ml_connector.flows import FLOWS
from ml_connector.vendors import VENDORS
print(json.dumps([ml_connector.__file__, [v.name for v in VENDORS], [f.kind for f in FLOWS]]))
"""


@pytest.mark.parametrize("name", [vendor.name for vendor in VENDORS])
def test_without_a_vendor_the_rest_is_whole(tmp_path: Path, name: str) -> None:
    package = tmp_path / "src" / "ml_connector"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "ml_connector", package, ignore=ignored)
    shutil.rmtree(package / "vendors" / name)
    strike_out(package / "vendors" / "__init__.py", name)
    for module in flow_modules_of(package / "flows", name):
        (package / "flows" / f"{module}.py").unlink()
        strike_out(package / "flows" / "__init__.py", module)
    file, vendors, kinds = looked_at(tmp_path / "src")
    assert Path(file).is_relative_to(tmp_path), "the copy was looked at"
    assert vendors == [v.name for v in VENDORS if v.name != name]
    assert kinds == [f.kind for f in FLOWS if name not in (f.source, f.target)]


def looked_at(source: Path) -> tuple[str, list[str], list[str]]:
    """What a process that imports every module of that tree finds."""
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK],
        cwd=source, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file, vendors, kinds = json.loads(done.stdout.splitlines()[-1])
    return file, vendors, kinds


def strike_out(file: Path, name: str) -> None:
    """Remove the name from the lists of the module, and the import of it."""
    text = file.read_text("utf-8")
    text = re.sub(rf"^ +{name}(\.\w+)?,\n", "", text, flags=re.MULTILINE)
    text = re.sub(rf"(?<=import ){name}, |, {name}(?=[,\n])", "", text)
    assert not re.search(rf"\b{name}\b", text), text
    file.write_text(text, "utf-8")


def flow_modules_of(folder: Path, vendor: str) -> list[str]:
    """The modules that know the vendor, or know one of these."""
    knows = {path.stem: _imports(path) for path in sorted(folder.glob("*.py"))}
    gone: list[str] = []
    reached = {f"ml_connector.vendors.{vendor}"}
    while True:
        more = [
            module
            for module, names in knows.items()
            if module not in (*gone, "__init__")
            and any(
                name == each or name.startswith(f"{each}.") for name in names for each in reached
            )
        ]
        if not more:
            return gone
        gone += more
        reached |= {f"ml_connector.flows.{module}" for module in more}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found
