"""After the tests of the project: which vendors' folders are larger than is meant."""

from __future__ import annotations

from typing import Any

from .sizes import ENGINE, VENDOR_GOAL, folder_lines


def pytest_terminal_summary(terminalreporter: Any) -> None:
    folders = sorted(path.parent for path in (ENGINE / "vendors").glob("*/__init__.py"))
    sizes = {path.name: folder_lines(path) for path in folders}
    told = ", ".join(f"{name} {lines:,}" for name, lines in sizes.items() if lines > VENDOR_GOAL)
    if told:
        terminalreporter.write_line(f"Vendors' folders above {VENDOR_GOAL} lines of code: {told}")
