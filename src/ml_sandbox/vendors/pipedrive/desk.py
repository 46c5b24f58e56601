"""The desk is the whole of one account's rules at hand: every entity, notes and search.

Both doors write through it, the API and the human in Pipedrive's own pages.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from .account import Account
from .activities import Activities
from .catalogue import Products
from .contacts import Organizations, Persons
from .deal_products import DealProducts
from .deals import Deals
from .entities import Entity
from .notes import Notes
from .pipelines import Pipelines, Stages
from .search import Search
from .tables import Record


class Desk:
    """`index_lag_seconds()` says how far the search index lags right now, `stale_seconds()` how
    old the states are that reads show (0: the present ones)."""

    def __init__(
        self,
        account: Account,
        index_lag_seconds: Callable[[], float],
        stale_seconds: Callable[[], float],
    ) -> None:
        self.account = account
        self._stale_seconds = stale_seconds
        self.organizations = Organizations(account)
        self.persons = Persons(account)
        self.deals = Deals(account)
        self.lines = DealProducts(self.deals)
        self.products = Products(account)
        self.activities = Activities(account)
        self.pipelines = Pipelines(account)
        self.stages = Stages(account)
        self.notes = Notes(account)
        self.search = Search(account, index_lag_seconds)
        self.entities: dict[str, Entity] = {
            entity.table_name: entity
            for entity in (
                self.organizations,
                self.persons,
                self.deals,
                self.lines,
                self.products,
                self.activities,
                self.pipelines,
                self.stages,
            )
        }

    def as_read(self, kind: str, records: list[Record]) -> list[Record]:
        """The records as a read shows them: older states where reads are stale right now."""
        stale = self._stale_seconds()
        if stale <= 0:
            return records
        horizon = self.account.now() - timedelta(seconds=stale)
        past = self.search.history.before(kind, horizon)
        states = (past.get(record["id"], record) for record in records)
        return [state for state in states if state is not None]
