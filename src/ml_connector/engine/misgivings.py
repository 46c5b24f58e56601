"""Misgivings are what a person is told about deliveries: once for each thing, not for each post."""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.engine.doors import Door
from ml_connector.engine.resources import Resources
from ml_connector.store.connections import Endpoint

MOST_ACCOUNTS = 1_000
"""So many unknown accounts are told at most: a flood of inventions must fill no mailbox."""

QUIET_SECONDS = 86_400.0
"""The same is told again after a day, if it still goes on."""


class Misgivings:
    """What was told by this process, and when."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._told_at: dict[tuple[str, str], float] = {}
        self._accounts: set[tuple[str, str]] = set()

    def of_forged(self, door: Door) -> None:
        """A vendor whose deliveries are refused gives up on us."""
        how = (
            "its subscription is looked at within a day and mended where that is needed."
            if door.is_callback
            else "give the connection the webhook's secret again with "
            f"`ml-connector connect {door.vendor.name}`."
        )
        self._tell(
            door.endpoint, "forged",
            f"A delivery to the address of {door.vendor.label} could not be proven and was "
            f"refused. If this goes on, {how}",
        )  # fmt: skip

    def of_flood(self, door: Door) -> None:
        self._tell(
            door.endpoint, "flood",
            f"Many deliveries a minute to the address of {door.vendor.label} cannot be proven. "
            "They are refused, and genuine ones are taken. If it is not the vendor, somebody has "
            f"learnt the address: {_mend(door)}",
        )  # fmt: skip

    def of_codes(self, door: Door) -> None:
        self._tell(
            door.endpoint, "codes",
            f"Many codes of new subscriptions were posted to the address of {door.vendor.label}; "
            "for an hour no more are taken. Somebody may have learnt the address: "
            f"{_mend(door)}",
        )  # fmt: skip

    def of_ended(self, endpoint: Endpoint) -> None:
        label = self._res.vendors[endpoint.vendor].label
        self._tell(
            endpoint, "ended",
            f"Somebody posts to an address of {label} that was replaced and whose time is over. "
            f"Look whether the old one still stands at {label}; `ml-connector connections` shows "
            "the new one.",
        )  # fmt: skip

    def of_strangers(self, sender: str) -> None:
        """Of nobody's door."""
        key, now = ("", "strangers"), self._res.clock.monotonic()
        if self._is_news(key, now):
            whom = f", the last one from {sender[:64]}" if sender else ""
            self._res.alert(
                "Hundreds of calls a minute try addresses, consents or apps that are not here"
                f"{whom}. They are refused without being read."
            )

    def of_accounts(self, door: Door, told: Sequence[str]) -> None:
        """Once for each account that no connection here is for."""
        same = door.vendor.webhooks.same_account
        for account in told:
            key = (door.endpoint.id, account)
            if not account or key in self._accounts:
                continue
            if any(same(account, known) for known in door.accounts):
                continue
            if len(self._accounts) < MOST_ACCOUNTS:
                self._accounts.add(key)
                self._res.alert(
                    f"{door.vendor.label} posts events of an account that is not connected here "
                    f"({account[:60]}). They are kept and cause nothing."
                )

    def _tell(self, endpoint: Endpoint, about: str, sentence: str) -> None:
        if self._is_news((endpoint.id, about), self._res.clock.monotonic()):
            self._res.alert(sentence)

    def _is_news(self, key: tuple[str, str], now: float) -> bool:
        before = self._told_at.get(key)
        if before is not None and now - before < QUIET_SECONDS:
            return False
        self._told_at[key] = now
        return True


def _mend(door: Door) -> str:
    name = door.rows[0].name if door.rows else "NAME"
    return f"`ml-connector connections rotate-webhook {name}` makes a new one."
