"""Writes docs/reference/flows/ from the flows' declarations, and docs/reference/faults.md from the
tree of faults.

What a declaration cannot say of itself, how a made value is worked out, stands in plain words in
flow-notes.toml. `make reference` writes; a test holds what is committed against it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_connector.core import faults
from ml_connector.core.flow import Flow, Owner, Route, Settings
from ml_connector.flows import FLOWS

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTES = Path(__file__).with_name("flow-notes.toml")
MADE = "<!-- Made by tools/flow_reference.py; edit the program or flow-notes.toml instead. -->"
OWNERS = {
    Owner.SOURCE: "always as at the source",
    Owner.ONCE: "set when the record is made, then left to people",
    Owner.UNTIL_TOUCHED: "kept in step until a person changes it",
}
TREE_LINE = re.compile(r"^[ │]*[├└]── (\w+) +(.*?) +→ (.*)$", re.M)


def pages() -> dict[str, str]:
    """Text by file name below docs/reference. Raises KeyError where a note is missing."""
    notes = tomllib.loads(NOTES.read_text("utf-8"))
    told = {f"flows/{flow.kind}.md": flow_page(flow, notes[flow.kind]) for flow in FLOWS}
    return {**told, "faults.md": faults_page()}


# --- flows ----------------------------------------------------------------------------------------


def flow_page(flow: Flow, notes: Mapping[str, Any]) -> str:
    """What is read and written, field by field, with its owner in plain words."""
    refuse_stale_notes(flow, notes)
    lines = [f"# {notes['title']}", "", MADE, "", notes["intro"].strip(), "", "## Routes", ""]
    lines += ["In this order; a record waits for those that it belongs to.", ""]
    head = ("route", "reads", "writes", "after", "hints by webhook")
    lines += _table(head, map(_row, flow.routes))
    defaults = {s.name: s.parse(s.default) for s in flow.settings}
    for route in flow.routes:
        lines += _route(route, notes, defaults)
    lines += ["", "## Settings", "", "`ml-connector flow add … --set name=value`; see also "]
    lines[-1] += "[settings](../settings.md)."
    lines += ["", *_table(
        ("setting", "default", "meaning"),
        ((f"`{s.name}`", f"`{s.default}`" if s.default else "", s.sentence) for s in flow.settings),
    )]  # fmt: skip
    lines += ["", "## Made at the target on consent", ""]
    lines += [
        "Found by name where it stands already; nothing is made without `--yes` or a yes.",
        "",
    ]
    lines += _table(
        ("what", "name", "of", "type"),
        ((i.kind, i.name, i.object or i.parent, i.type) for i in flow.setup(defaults)),
    )
    lines += ["", "Mind before the first sync:", ""]
    lines += [f"- {effect}" for effect in flow.effects(defaults)]
    return "\n".join([*lines, "", str(notes["closing"]).strip()]) + "\n"


def _row(route: Route) -> tuple[str, ...]:
    return (
        f"[{route.name}](#{_anchor(route.label)})",
        f"`{route.reads.path}`",
        f"`{route.writes.path}`",
        ", ".join(sorted({parent.route for parent in route.after.values()})),
        ", ".join(f"`{event}`" for event in route.on),
    )


def _route(route: Route, notes: Mapping[str, Any], defaults: Settings) -> Iterator[str]:
    words: Mapping[str, str] = notes["fields"][route.name]
    yield from ("", f"## {route.label}", "")
    if remark := _remark(route, notes):
        yield from (remark, "")
    if route.host:
        parent = route.after[route.host].route
        yield from (f"These fields are kept in the record of {parent}:", "")
    else:
        yield from ("A record that is not linked yet is found by:", "")
        yield from (f"- {_match(rule, route, notes)}" for rule in route.match)
        found = "None: it is created. Several: a person decides. Then these fields are kept:"
        yield from ("", found, "")
    made = [
        (f"`{name}`", _value(rule, name, words), _decides(route, name, rule.owner, defaults))
        for name, rule in route.fields.items()
    ]
    made += [
        (
            f"`{name}`",
            f"the record of {parent.route}",
            _decides(route, name, parent.owner, defaults),
        )
        for name, parent in route.after.items()
        if parent.is_written
    ]
    yield from _table(("field", "value", "who decides"), made)
    if route.back and route.back_to:
        back = [(f"`{name}`", f"`{to.field}`") for name, to in route.back.items()]
        back_to = f"`{route.back_to.path}`"
        yield from ("", f"What travels back to {back_to} when it changes there:", "")
        yield from _table(("field", "is written to"), back)


def _decides(route: Route, name: str, owner: Owner, defaults: Settings) -> str:
    if name in route.back:
        return "as at the side that changed last"
    is_once = route.once is not None and route.once(defaults) and name not in route.moves
    return OWNERS[Owner.ONCE if is_once else owner]


def _remark(route: Route, notes: Mapping[str, Any]) -> str:
    """When the route rests, and how it writes. Raises KeyError where it is peculiar and no note
    says in which way."""
    is_peculiar = route.needs or route.when or route.once or route.whole or route.back
    remarks: Mapping[str, str] = notes.get("remarks", {})
    return str(remarks[route.name] if is_peculiar else remarks.get(route.name, ""))


def _match(rule: Any, route: Route, notes: Mapping[str, Any]) -> str:
    if rule.how == "linked":
        return "the link of an earlier pass"
    if rule.how == "keyed":
        return f"our key in *{rule.field}*"
    return str(notes["match"][route.name][rule.how])


def _value(rule: Any, name: str, words: Mapping[str, str]) -> str:
    if rule.how == "copy":
        return f"`{rule.path}` as it is"
    return "our key of the source record" if rule.how == "key" else str(words[name])


def refuse_stale_notes(flow: Flow, notes: Mapping[str, Any]) -> None:
    """Raise ValueError or KeyError where the notes speak of what the flow does not have."""
    for route, words in notes["fields"].items():
        made = {n for n, rule in flow.route(route).fields.items() if rule.how == "make"}
        if set(words) != made:
            raise ValueError(f"{route}: notes and made fields differ: {sorted(set(words) ^ made)}")
    for route, words in notes["match"].items():
        known = {rule.how for rule in flow.route(route).match}
        if not set(words) <= known:
            raise ValueError(f"{route}: no such match: {sorted(set(words) - known)}")
    for name in notes.get("remarks", {}):
        flow.route(name)


# --- faults ---------------------------------------------------------------------------------------


def faults_page() -> str:
    """Every fault: what it means, and what is done next."""
    lines = [
        "# Faults", "", MADE, "",
        "Whatever goes wrong with a call or a record is one of these, sorted by what is done next.",
        "What you see of each is told under [reliability](../reliability.md).", "",
    ]  # fmt: skip
    rows = ((f"`{name}`", meaning, then) for name, meaning, then in tree())
    return "\n".join([*lines, *_table(("fault", "meaning", "what is done"), rows)]) + "\n"


def tree() -> list[tuple[str, str, str]]:
    """(name, meaning, what is done) as drawn at the top of the module of faults."""
    return TREE_LINE.findall(faults.__doc__ or "")


def known_faults() -> set[str]:
    """The names of all faults that there are."""
    return {
        name
        for name, value in vars(faults).items()
        if isinstance(value, type) and issubclass(value, faults.Fault) and value is not faults.Fault
    }


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def main() -> int:
    """Write the pages."""
    for name, text in pages().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
