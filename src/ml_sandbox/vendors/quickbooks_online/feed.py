"""The feed is change data capture: everything that changed since a moment, deletions included.

At most 1,000 objects, no paging, thirty days back (sheet, section 6); what is not known of it is
a switch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from . import errors
from .clocktext import read_moment, stamp
from .company import Company
from .entities import ENTITIES, WITHOUT_CDC, Entity
from .properties import stamped
from .tables import Record, Row

REACH = timedelta(days=30)
MOST_OBJECTS = 1000


def answer(
    company: Company, entities: Any, since: Any, now: datetime, moment: datetime | None = None
) -> list[Record]:
    """One CDCResponse. Raises Fault."""
    if not isinstance(entities, str) or not entities.strip():
        raise errors.missing("entities")
    if not isinstance(since, str) or not since:
        raise errors.missing("changedSince")
    begin = read_moment(since)
    if begin is None:
        raise errors.Fault("2010", "Invalid date", f"Invalid changedSince: {since}")
    if begin < now - REACH:
        what = f"cdc with changedSince date {since} which is older than fixed days"
        raise errors.unsupported(what)
    chosen = [_entity(name.strip()) for name in entities.split(",")]
    changed = [_changed(company, entity, begin, moment) for entity in chosen]
    kept = zip(chosen, _cut(company, changed), strict=True)
    return [{"QueryResponse": [_shown(*pair) for pair in kept]}]


def _entity(name: str) -> Entity:
    entity = ENTITIES.get(name)
    if entity is None or name in WITHOUT_CDC:
        raise errors.unsupported(f"cdc for entity {name}")
    return entity


def _changed(
    company: Company, entity: Entity, begin: datetime, moment: datetime | None
) -> list[tuple[datetime, Record]]:
    """The final state of each row that changed, the oldest change first."""
    inclusive = bool(company.switch("cdc_boundary_inclusive"))
    found = []
    for row in company.tables[entity.name]:
        seen = _seen(row, moment)
        if seen is None:
            continue
        at = stamped(seen) if moment is not None else row.updated
        if at > begin or (inclusive and at == begin):
            found.append((at, seen))
    found.sort(key=lambda pair: pair[0])
    return found


def _seen(row: Row, moment: datetime | None) -> Record | None:
    """A record as the feed shows it, at that moment or now."""
    data = row.at(moment)
    if data is not None or not row.is_deleted:
        return data
    if moment is not None and all(moment < ended for ended, _ in row.past):
        return None
    return {
        "Id": row.id,
        "domain": "QBO",
        "status": "Deleted",
        "MetaData": {"LastUpdatedTime": stamp(row.updated)},
    }


def _cut(company: Company, changed: list[list[tuple[datetime, Record]]]) -> list[list[Record]]:
    """What fits under the cap, of the whole answer or of each entity."""
    newest = company.switch("cdc_cap_keeps") == "newest"
    left = MOST_OBJECTS
    kept = []
    for rows in changed:
        room = MOST_OBJECTS if company.switch("cdc_cap_counts") == "entity" else left
        part = rows[max(0, len(rows) - room) :] if newest else rows[:room]
        left -= len(part)
        kept.append([data for _, data in part])
    return kept


def _shown(entity: Entity, rows: list[Record]) -> Record:
    if not rows:
        return {}
    size = len(rows)
    return {entity.name: rows, "startPosition": 1, "maxResults": size, "totalCount": size}
