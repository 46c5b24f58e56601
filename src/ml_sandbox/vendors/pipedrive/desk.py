"""The desk is the whole of one account's rules at hand: every entity, notes and search.

Both doors write through it, the API and the human in Pipedrive's own pages.
"""

from __future__ import annotations

from collections.abc import Callable

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


class Desk:
    """`index_lag_seconds()` says how far the search index lags right now."""

    def __init__(self, account: Account, index_lag_seconds: Callable[[], float]) -> None:
        self.account = account
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
