"""Looks the locked packages up in a database of known weaknesses, where one can be reached.

    python tools/audit.py

Asks about one package first, with little patience: without a network, or where the database knows
nothing, the audit is skipped with a reason and exits with 0. A weakness that tools/supply.toml does
not accept is printed, and the exit code is 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lockfile import ROOT, TOOLS, Locked, locked

POLICY = ROOT / "tools" / "supply.toml"
CANARY = "cryptography"
"""Asked about first: it has had weaknesses, so any database knows it."""

SOCKET_SECONDS = 3
PROBE_SECONDS = 15
WHOLE_SECONDS = 240

Report = dict[str, Any]


class Unreachable(Exception):
    """Why there is no report."""


def asked(packages: Sequence[Locked], patience_seconds: float) -> list[Report]:
    """What pip-audit tells of each package. Raises Unreachable."""
    lines = [f"{p.name}=={p.version} --hash=sha256:{p.sha256[0]}\n" for p in packages]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(lines), "utf-8")
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes",
                 "--requirement", str(file), "--format", "json", "--progress-spinner", "off",
                 "--timeout", str(SOCKET_SECONDS)],
                capture_output=True, text=True, check=False, timeout=patience_seconds,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Unreachable(f"no answer came within {patience_seconds:.0f} s") from None
    return told(done.stdout)


def told(printed: str) -> list[Report]:
    """The report of each package in what pip-audit printed. Raises Unreachable."""
    try:
        found: list[Report] = list(json.loads(printed)["dependencies"])
    except (ValueError, KeyError, TypeError):
        raise Unreachable("the database of weaknesses cannot be reached from here") from None
    known = [each for each in found if "skip_reason" not in each]
    if not known:
        raise Unreachable("the database that answers knows none of the packages")
    return known


def weaknesses(reports: Sequence[Report], accepted: Mapping[str, str]) -> list[str]:
    """A line for each that is not accepted, with the versions that mend it."""
    lines = []
    for report in reports:
        for each in report["vulns"]:
            if accepted.keys() & {each["id"], *each.get("aliases", ())}:
                continue
            mended = ", ".join(each["fix_versions"]) or "no version yet"
            lines.append(f"{report['name']} {report['version']}: {each['id']}, mended by {mended}")
    return lines


def main() -> int:
    accepted = tomllib.loads(POLICY.read_text("utf-8"))["vulnerabilities"]["accepted"]
    packages = [each for each in locked(TOOLS) if not each.marker]
    try:
        asked([each for each in packages if each.name == CANARY], PROBE_SECONDS)
        reports = asked(packages, WHOLE_SECONDS)
    except Unreachable as reason:
        sys.stdout.write(f"audit: skipped, {reason}\n")
        return 0
    found = weaknesses(reports, accepted)
    for line in found:
        sys.stdout.write(f"audit: {line}\n")
    if not found:
        sys.stdout.write(f"audit: no known weakness in {len(reports)} packages\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
