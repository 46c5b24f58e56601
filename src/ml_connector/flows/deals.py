"""A deal that follows an invoice: what every flow says alike in which invoices become deals.

Settings and their set-up, which invoices are kept, when a deal is won, and who owns it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ml_connector.core.flow import LEAVE, ONCE, FieldRule, Given, Leave, Setting, Settings, make
from ml_connector.core.money import Money
from ml_connector.core.objects import SetupItem
from ml_connector.core.values import Value, Values
from ml_connector.flows.common import (
    custom_fields,
    is_dated_in,
    parse_amount,
    parse_id,
    parse_words,
    parse_yes,
    table_of,
)

PAID = "paid"
"""The state in which a deal is won, where the setting says so."""


def deal_settings(source: str, pipeline: str, labels: Mapping[str, str]) -> tuple[Setting, ...]:
    """The settings of the deals; `labels` names the stage of each state of an invoice."""
    return (
        Setting("pipeline", pipeline, "The pipeline for deals; created if it does not exist."),
        Setting(
            "stages",
            ", ".join(f"{state}={label}" for state, label in labels.items()),
            "The stage for each state of an invoice; stages that do not exist are created.",
            table_of(*labels),
        ),
        Setting("paid_is_won", "yes", "Whether the deal of a paid invoice is won.", parse_yes),
        Setting("drafts", "yes", "Whether invoices that are still drafts become deals.", parse_yes),
        Setting("currencies", "", "Only invoices in these currencies; empty for all.", parse_words),
        Setting(
            "statuses", "", f"Only invoices that {source} calls so; empty for all.", parse_words
        ),
        Setting("least_amount", "0", "Only invoices of at least this total.", parse_amount),
        Setting("owner", "", "The Pipedrive user who owns new records; empty for ours.", parse_id),
        Setting(
            "label",
            "",
            "The id of a deal label for new deals; empty for none.",
            lambda text: [parse_id(text)] if text else None,
        ),
    )


def set_once(setting: str) -> FieldRule:
    """A field that a setting fills when the record is made; nothing where the setting is empty."""

    def made(record: Any, given: Given) -> Value | Leave:
        value: Value | Leave = given.settings[setting] or LEAVE
        return value

    return make(made, owner=ONCE)


def is_kept(given: Given, total: Money, status: str, *, is_draft: bool) -> bool:
    """Whether the settings keep an invoice of that total which the source calls so."""
    s = given.settings
    return (
        (s["drafts"] or not is_draft)
        and (not s["currencies"] or total.currency in s["currencies"])
        and (not s["statuses"] or status in s["statuses"])
        and bool(total.amount >= s["least_amount"])
    )


def is_wanted(given: Given, dated: str, *, is_open: bool) -> bool:
    """Whether an invoice comes in by itself: by `since`."""
    return (given.settings["since"] == "open" and is_open) or is_dated_in(dated, given)


def worth(given: Given, total: Money, net: Money | None) -> Value | Leave:
    """What the deal is worth; left alone where the net is wanted and not known."""
    money = net if given.settings["deal_value"] == "net" else total
    return str(money.amount) if money is not None else LEAVE


def deal_status(given: Given, state: str | None) -> Value:
    """Won where it is paid; open else, so that a payment that was taken back reopens it."""
    return "won" if given.settings["paid_is_won"] and state == PAID else "open"


def won_time(given: Given, state: str | None, paid_on: str | None) -> Value | Leave:
    """Noon UTC of the day of the payment, so that it is the same day almost everywhere."""
    is_won = deal_status(given, state) == "won"
    return f"{paid_on}T12:00:00Z" if paid_on and is_won else LEAVE


def deleted(wrote: Values, given: Given) -> Values:
    """What becomes of a record whose source record was deleted: it is kept, and marked."""
    return {"Source state": "Deleted"}


def setup_of(
    fields: Iterable[tuple[str, str, str]], keys: str
) -> Callable[[Settings], tuple[SetupItem, ...]]:
    """The pipeline, its stages in the order of the states, and custom fields.

    These are (object, name, type); those whose name begins with `keys` hold our key.
    """

    def setup(settings: Settings) -> tuple[SetupItem, ...]:
        pipeline = settings["pipeline"]
        stages = dict.fromkeys(settings["stages"].values())
        return (
            SetupItem("pipeline", pipeline),
            *(SetupItem("stage", stage, parent=pipeline) for stage in stages),
            *custom_fields(fields, keys),
        )

    return setup


def effects_of(records: str, owned: str) -> Callable[[Settings], tuple[str, ...]]:
    """What making those records may set off at the target."""

    def effects(settings: Settings) -> tuple[str, ...]:
        won = ", and paid ones as won." if settings["paid_is_won"] else "."
        return (
            f"Automations that start with a new {records} may run.",
            f"Owners of new {owned} may be notified.",
            f"Reports will count these deals{won}",
        )

    return effects
