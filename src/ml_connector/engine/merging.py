"""Merging: a record that was merged into another at the source lives on as that one.

So does its target record. Where the survivor has none yet, that of the other becomes the
survivor's, and nothing is created; the other one's key stays as an alias of it. Where both have
one, each keeps its own, and the other's is marked as gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ml_connector.engine.item import Item
from ml_connector.store import cursors, intents, links
from ml_connector.store.cursors import Fact
from ml_connector.store.database import Connection


def follow_merges(
    conn: Connection, flow: str, route: str, keys: Sequence[str], now: datetime
) -> None:
    """Hand links over for merges that these keys took part in, before they are looked at."""
    for fact in cursors.merged_at_source(conn, flow, route, keys):
        both = [fact.key, fact.into]
        known = links.of_keys(conn, flow, route, both)
        link = known.get(fact.key)
        if link is None or link.is_alias or link.state == "target_gone" or fact.into in known:
            continue
        if any(intents.of_keys(conn, flow, route, both).values()):
            continue  # a write whose outcome is not known yet: it is looked at again after it
        links.drop(conn, flow, route, fact.key)
        heir = replace(link, source_key=fact.into, source_version="", state="ok", updated_at=now)
        links.put(conn, [heir, replace(link, is_alias=True, updated_at=now)])


def merge_of(item: Item) -> Fact | None:
    """The merge by which the source's record went, if that was it."""
    fact = item.source_fact
    return fact if fact is not None and fact.kind == "merged" else None
