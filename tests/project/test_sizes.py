"""Small rooms: how large the folder of a vendor and the file of a flow may be, in lines of code."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sizes import ENGINE, FLOW_BAR, VENDOR_BAR, VENDOR_GOAL, code_lines, folder_lines

VENDORS = sorted(
    path for path in (ENGINE / "vendors").iterdir() if (path / "__init__.py").is_file()
)
FLOWS = sorted((ENGINE / "flows").glob("*.py"))


@pytest.mark.parametrize("folder", VENDORS, ids=lambda path: path.name)
def test_the_folder_of_a_vendor_is_small(folder: Path) -> None:
    lines = folder_lines(folder)
    assert lines <= VENDOR_BAR, (
        f"vendors/{folder.name} has {lines:,} lines of code. {VENDOR_GOAL} are meant; "
        f"{VENDOR_BAR:,} is the bar for now."
    )


@pytest.mark.parametrize("file", FLOWS, ids=lambda path: path.stem)
def test_the_file_of_a_flow_is_small(file: Path) -> None:
    lines = len(file.read_text("utf-8").splitlines())
    assert lines <= FLOW_BAR, f"flows/{file.name} has {lines} lines; {FLOW_BAR} is the bar."


def test_prose_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""Two\nlines."""\n\n# why\nx = (\n    1,\n)  # one\n\n\ndef f():\n    """Says."""\n'
        '    return """a\nb"""\n'
    )
    assert code_lines(module) == 6
    assert folder_lines(tmp_path) == 6
