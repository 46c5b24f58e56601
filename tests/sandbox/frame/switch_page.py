"""The table of switches on the sandbox's page; run as a module it writes the page anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ml_sandbox.switches import Switch
from ml_sandbox.vendor import VendorKind
from ml_sandbox.vendors import VENDORS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sandbox.md"
HEAD = "| switch | default | what it does |\n| --- | --- | --- |\n"


def shown(value: object) -> str:
    """As JSON would have it; long texts are cut."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if 0 < len(text) <= 24 else "(see the sentence)" if text else "(empty)"


def choices(switch: Switch) -> str:
    return " One of " + ", ".join(map(shown, switch.choices)) + "." if switch.choices else ""


def table(kinds: Sequence[VendorKind]) -> str:
    """One row for each switch, by vendor and name."""
    rows = [
        f"| `{kind.name}.{name}` | {shown(switch.default)} | {switch.sentence}{choices(switch)} |"
        for kind in sorted(kinds, key=lambda kind: kind.name)
        for name, switch in sorted(kind.switches.items())
    ]
    return HEAD + "\n".join(rows) + "\n"


def written(page: str) -> str:
    """The page with the table as it ought to be."""
    return page.partition(HEAD)[0] + table(VENDORS)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
