"""What no tracked file may hold: places of a machine, leftovers, silence without a reason."""

from __future__ import annotations

import re
from itertools import pairwise

from .repository import ROOT, lines_that_match, tracked_files

MOST_LINES = 400

# The patterns are put together here so that this file does not hold what it looks for.
REGISTRIES = "|".join(
    [
        r"py" + r"pi\.org",
        "python" + r"hosted\.org",
        "npm" + r"js\.(org|com)",
        r"deb\." + r"debian\.org",
        "--(extra-)?index" + "-url",
        "find" + "-links",
    ]
)
PLACES = "|".join(
    [
        r"(^|[^a-z.])/(work|farm|root)" + "/",
        r"/(home|Users)/(?!ml-connector\b)[a-z]",
        "/bash" + "_jobs",
        r"[A-Z]:\\\\?Users",
    ]
)
LEFTOVERS = "|".join(["TO" + "DO", "FIX" + "ME", "Not" + "ImplementedError"])
SILENCED = r"#\s*(type: ignore(\[[^\]]*\])?|noqa(: ?[A-Z0-9, ]+)?)\s*$"


def test_no_package_registry_is_named() -> None:
    assert lines_that_match(REGISTRIES, tracked_files()) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert lines_that_match(PLACES, tracked_files()) == []


def test_nothing_is_left_unfinished() -> None:
    assert lines_that_match(rf"\b({LEFTOVERS})\b", tracked_files(".py")) == []


def test_every_silenced_warning_has_a_reason_beside_it() -> None:
    """The reason stands on the line itself or on a comment line right above it."""
    bare = []
    for path in tracked_files(".py"):
        lines = path.read_text("utf-8").splitlines()
        for above, line in pairwise(["", *lines]):
            if re.search(SILENCED, line) and not above.lstrip().startswith("#"):
                bare.append(f"{path.relative_to(ROOT)}: {line.strip()}")
    assert bare == []


def test_no_room_is_too_large() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in tracked_files(".py")
        if "migrations" not in path.parts
    }
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}
