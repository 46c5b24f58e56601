"""The life of one record, in sentences."""

from __future__ import annotations

from typing import Any

LONGEST_VALUE = 100
"""Characters of a value that are shown; with --json all of it stands there."""


def tell(told: dict[str, Any]) -> list[str]:
    """From what `why` found: where the record stands, what spoke of it, what was decided."""
    lines = [
        f"{_called(told)} ({told['label']}) in flow {told['flow']}",
        f"Its id: {told['record']}",
    ]
    lines += _standing(told)
    if told["events"]:
        lines.append("Deliveries that named it:")
        lines += [f"  {_event(event)}" for event in told["events"]]
    if told["decisions"]:
        lines.append("Decisions, newest first:")
        for decision in told["decisions"]:
            lines += _decision(decision)
    else:
        lines.append("Nothing was decided about it yet.")
    return lines


def _called(told: dict[str, Any]) -> str:
    """What the record at the target is called; else the id at the source."""
    wrote = told["link"]["wrote"] if told["link"] else {}
    return next((str(wrote[n]) for n in ("title", "name", "subject") if n in wrote), told["record"])


def _standing(told: dict[str, Any]) -> list[str]:
    lines = []
    link, pending, review = told["link"], told["pending"], told["review"]
    if link is None:
        lines.append("It has no record at the target.")
    else:
        kind = "is an alias of" if link["is_alias"] else "is linked to"
        gone = {"source_gone": ", and gone at the source", "target_gone": ", which is gone"}
        lines.append(
            f"It {kind} {link['object']} {link['target_id']} since {_at(link['linked_at'])}"
            f"{gone.get(link['state'], '')}."
        )
    if review is not None and review["state"] == "open":
        lines.append(f"It waits for you (review {review['id']}): {review['reason']}")
    if pending is not None:
        parent = f" ({pending['parent']})" if pending["parent"] else ""
        why = f": {pending['reason']}" if pending["reason"] else ""
        lines.append(
            f"A change is pending since {_at(pending['since'])}; it waits for "
            f"{pending['waits_for']}{parent}{why}"
        )
    return lines


def _event(event: dict[str, Any]) -> str:
    times = f", {event['times']} times" if event["times"] > 1 else ""
    return f"{_at(event['received_at'])} {event['event_type']}{times} ({event['outcome']})"


def _decision(row: dict[str, Any]) -> list[str]:
    is_new = row["decision"] == "create"
    lines = [
        f"  {_at(row['at'])} {row['decision']} ({row['state']}, by {row['source']}): "
        f"{row['reason']}"
    ]
    for field, change in row["changes"].items():
        after = shown(change["after"])
        told = after if is_new else f"{shown(change.get('before'))} → {after}"
        lines.append(f"      {field}: {told}")
    for sent in row["requests"]:
        lines.append(f"      {sent['method']} {sent['path']} → {sent['status']} in {sent['ms']} ms")
    return lines


def shown(value: Any) -> str:
    """A field's value as a person writes it; a value that carries more is told by its value."""
    if isinstance(value, dict) and "value" in value:
        currency = value.get("currency")
        return f"{value['value']} {currency}" if currency else shown(value["value"])
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, ""):
        return "nothing"
    text = str(value).replace("<br>", " / ")
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _at(moment: str) -> str:
    return f"{moment[:10]} {moment[11:19]}"
