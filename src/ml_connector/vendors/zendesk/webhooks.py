"""Zendesk delivers nothing to us: merges, renames and deletions are seen by listings and the sweep.

Its own webhooks would tell no more, and would need an address that Zendesk can reach.
"""

from __future__ import annotations

from ml_connector.core.faults import Forged
from ml_connector.core.vendor import Delivery, Hint, Proofs


class NoWebhooks:
    """Implements `core.vendor.Webhooks`: takes no delivery."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """Raises Forged, since nobody was asked to deliver anything here."""
        raise Forged("No webhook of Zendesk is expected.")

    def read(self, delivery: Delivery) -> list[Hint]:
        return []

    def is_probe(self, delivery: Delivery) -> bool:
        return False

    def same_account(self, told: str, account: str) -> bool:
        return told == account

    def is_whole_key(self, told: str) -> bool:
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told == key
