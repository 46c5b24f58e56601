"""What the flows say alike: settings that every one has, the ways in which settings are written, an
amount, and the marks of a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from ml_connector.core.cadence import parse_cadence
from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Given, Setting
from ml_connector.core.money import Money
from ml_connector.core.objects import SetupItem
from ml_connector.core.values import Value, decimal_of, likeness

Since = Literal["open", "all"] | date


def parse_since(text: str) -> Since:
    if text == "open":
        return "open"
    if text == "all":
        return "all"
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Mistake(f"since={text} is none of open, all, or a date such as 2026-01-31.") from None


def parse_count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise Mistake(f"'{text}' must be a whole number of at least 1.")
    return number


def parse_yes(text: str) -> bool:
    if text in ("yes", "true", "no", "false"):
        return text in ("yes", "true")
    raise Mistake(f"'{text}' must be yes or no.")


def parse_words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def parse_amount(text: str) -> Decimal:
    amount = decimal_of(text or "0")
    if amount is None or amount < 0:
        raise Mistake(f"'{text}' must be an amount such as 250.00.")
    return amount


def parse_id(text: str) -> int | None:
    if not text:
        return None
    return parse_count(text)


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise Mistake(f"'{text}' must be one of {', '.join(choices)}.")
        return text

    return parse


def table_of(*keys: str) -> Callable[[str], dict[str, str]]:
    """A choice table written `key=Value, key=Value`; every key must be there."""

    def parse(text: str) -> dict[str, str]:
        table = dict(pair.strip().split("=", 1) for pair in text.split(",") if "=" in pair)
        if set(table) != set(keys) or not all(table.values()):
            raise Mistake(f"'{text}' must give a value to each of {', '.join(keys)}.")
        return {key: table[key] for key in keys}

    return parse


COMMON = (
    Setting(
        "since",
        "open",
        "Which records come in: open (what is open at set-up or dated after it), all, or a date.",
        parse_since,
    ),
    Setting(
        "poll",
        "5",
        "How often the source is asked: minutes, or daily times such as daily 06:30,18:00 UTC.",
        parse_cadence,
    ),
    Setting(
        "max_changes",
        "10000",
        "A pass that would write more records than this stops and asks a person first.",
        parse_count,
    ),
    Setting(
        "deal_value",
        "gross",
        "Which amount a deal is worth: gross (with taxes) or net.",
        one_of("gross", "net"),
    ),
)


def is_dated_in(dated: str, given: Given) -> bool:
    """Whether a document's date lies within `since`; for open, after the flow was installed."""
    since: Since = given.settings["since"]
    if since == "all":
        return True
    start = given.installed_at.date() if since == "open" else since
    return date.fromisoformat(dated) >= start


def custom_fields(fields: Iterable[tuple[str, str, str]], keys: str) -> tuple[SetupItem, ...]:
    """Custom fields of these (object, name, type); those whose name begins with `keys` hold our
    key. An amount takes only currencies that the account has."""
    return tuple(
        SetupItem(
            "field", name, object=obj, type=kind, is_key=name.startswith(keys),
            vocabulary="currencies" if kind == "monetary" else "",
        )
        for obj, name, kind in fields
    )  # fmt: skip


def money(amount: Money) -> Value:
    return {"value": str(amount.amount), "currency": amount.currency}


def likeness_marks(name: str | None, email: str | None) -> list[tuple[str, str]]:
    """Name and e-mail, which are looked up together."""
    marks = [("name", likeness(name)), ("email", likeness(email))]
    return [(kind, text) for kind, text in marks if text]
