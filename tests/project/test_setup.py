"""`make setup` where it cannot work: one sentence that names what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .repository import ROOT

TOO_OLD = "exit 1"
WITHOUT_VENV = 'case "$2" in *version_info*) exit 0 ;; *) exit 1 ;; esac'


def run_setup_with(python: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The set-up script of a checkout without .venv, with `python` as the only interpreter."""
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
    interpreter = folder / "interpreter"
    interpreter.write_text(f"#!/bin/sh\n{python}\n")
    interpreter.chmod(0o755)
    return subprocess.run(
        ["bash", "tools/setup.sh", ".venv/.setup-1"],
        cwd=folder,
        env={**os.environ, "PYTHON": str(interpreter)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_refused_with_what_to_install(tmp_path: Path) -> None:
    result = run_setup_with(TOO_OLD, tmp_path)
    assert result.returncode == 2
    assert "Python 3.11 or newer is needed" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_python_without_venv_is_refused_with_what_to_install(tmp_path: Path) -> None:
    result = run_setup_with(WITHOUT_VENV, tmp_path)
    assert result.returncode == 2
    assert "apt-get install python3-venv" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()
