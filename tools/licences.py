"""Checks that every locked package has a licence that tools/supply.toml allows.

    python tools/licences.py

Reads what is installed, so it needs no network. Prints each package that is not allowed with its
licence, and then exits with 1.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from lockfile import ROOT, SHIPPED, TOOLS, locked

POLICY = ROOT / "tools" / "supply.toml"
UNKNOWN = "UNKNOWN"
LONGEST_NAME = 60
"""What is longer is the text of a licence, where its name should be."""


@dataclass(frozen=True, slots=True)
class Policy:
    """See tools/supply.toml; `tools` holds what is allowed for both."""

    shipped: frozenset[str]
    tools: frozenset[str]
    names: Mapping[str, str]
    read: Mapping[str, str]


def policy() -> Policy:
    told: dict[str, Any] = tomllib.loads(POLICY.read_text("utf-8"))["licences"]
    shipped = frozenset(told["shipped"])
    return Policy(shipped, shipped | frozenset(told["tools"]), told["names"], told["read"])


def licence_of(package: str, rules: Policy) -> str:
    """Its licence as an SPDX expression, or whatever it says where that is none of those known."""
    if package in rules.read:
        return rules.read[package]
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return f"{UNKNOWN} (it is not installed)"
    if told["License-Expression"]:
        return str(told["License-Expression"])
    said = _said(told["License"], told.get_all("Classifier") or [])
    known = [rules.names.get(each, each) for each in said]
    spdx = [each for each in known if each in rules.tools]
    return next(iter((*spdx, *known)), UNKNOWN)


def _said(field: str | None, classifiers: list[str]) -> list[str]:
    """The field first, which is the author's own; then what the classifiers say."""
    name = (field or "").strip()
    own = [name] if name and name != UNKNOWN and len(name) <= LONGEST_NAME else []
    return own + [c.split("::")[-1].strip() for c in classifiers if c.startswith("License ::")]


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether each part joined by AND is allowed, or one of its choices is. Brackets are for a
    person to read."""
    parts = (part.split(" OR ") for part in expression.split(" AND "))
    return all(any(each.strip() in allowed for each in choices) for choices in parts)


def refused(rules: Policy) -> Iterator[str]:
    """A line for each package whose licence is not allowed, with the licence."""
    shipped = {package.name for package in locked(SHIPPED)}
    for package in locked(TOOLS):
        allowed = rules.shipped if package.name in shipped else rules.tools
        licence = licence_of(package.name, rules)
        if not is_allowed(licence, allowed):
            role = "is shipped" if package.name in shipped else "is a tool"
            yield f"{package.name} {package.version} ({role}): {licence}"


def main() -> int:
    found = list(refused(policy()))
    for line in found:
        sys.stdout.write(f"licences: not allowed: {line}\n")
    if not found:
        count = len(list(locked(TOOLS)))
        sys.stdout.write(f"licences: all {count} packages have one that is allowed\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
