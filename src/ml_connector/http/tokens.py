"""Tokens are what a grant is worth for now: an access token, its end, and how it is renewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ml_connector.core.vendor import OAuth
from ml_connector.core.wire import Response, parsed

_SECRET_KEYS = frozenset({"access_token", "refresh_token", "id_token"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """Moments are aware and in UTC; None where the vendor does not tell.

    `extras` is the rest of the vendor's answer as it came, without the tokens; `expires_in` among
    them is the access token's whole life in seconds.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    refresh_expires_at: datetime | None = None
    scope: str = ""
    api_base: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_tokens(
    response: Response, oauth: OAuth, asked_at: datetime, refresh_token: str
) -> Tokens | None:
    """The tokens in an answer, or None where there are none.

    `asked_at` is our moment before the call, so that a life never seems longer than it is.
    `refresh_token` stays where the answer brings no other.
    """
    try:
        raw = parsed(response.body)
    except ValueError:
        return None
    if not isinstance(raw, dict) or not _token(raw.get("access_token")):
        return None
    if _seconds(raw.get("expires_in")) is None and "expires_in" in oauth.token_extra:
        raw["expires_in"] = oauth.token_extra["expires_in"]
    return Tokens(
        access_token=_token(raw["access_token"]),
        refresh_token=_token(raw.get("refresh_token")) or refresh_token or None,
        expires_at=_expiry(raw, asked_at),
        refresh_expires_at=_refresh_expiry(raw, oauth, asked_at),
        scope=_scope(raw.get("scope")),
        api_base=_api_base(_text(raw.get(oauth.api_base_key))),
        extras={k: v for k, v in raw.items() if k not in _SECRET_KEYS},
    )


def said(response: Response) -> str:
    """The vendor's own words in a refusal, at most 200 characters; empty where there are none."""
    try:
        raw = parsed(response.body)
    except ValueError:
        return ""
    if not isinstance(raw, dict):
        return ""
    for key in ("error_description", "message", "error"):
        words = _text(raw.get(key))
        if words:
            return words[:200]
    return ""


def _expiry(raw: Mapping[str, Any], asked_at: datetime) -> datetime | None:
    """When the access token ends.

    An answer to a refresh may name an older token's `created_at`, from which the life counts then.
    One that lies wholly in the past is a clock's fault.
    """
    life = _seconds(raw.get("expires_in"))
    if life is None:
        return None
    ours = asked_at + timedelta(seconds=life)
    created = _seconds(raw.get("created_at"))
    if created is None:
        return ours
    theirs = datetime.fromtimestamp(created, UTC) + timedelta(seconds=life)
    return min(ours, theirs) if theirs > asked_at else ours


def _refresh_expiry(raw: Mapping[str, Any], oauth: OAuth, asked_at: datetime) -> datetime | None:
    """When the grant ends unless it is renewed: the nearest end that is told or known."""
    told = [life for key in oauth.life_keys if (life := _seconds(raw.get(key))) is not None]
    if told:
        return asked_at + timedelta(seconds=min(told))
    return asked_at + timedelta(days=oauth.life_days) if oauth.life_days else None


def _seconds(value: Any) -> float | None:
    """A sane, positive number of seconds, also where it came as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < 1e11 else None


def _token(value: Any) -> str:
    """Empty for what no header can carry."""
    text = _text(value)
    return text if text.isascii() and text.isprintable() and " " not in text else ""


def _scope(told: Any) -> str:
    return " ".join(map(str, told)) if isinstance(told, list) else _text(told)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _api_base(told: str) -> str | None:
    if not told:
        return None
    return (told if "://" in told else f"https://{told}").rstrip("/")
