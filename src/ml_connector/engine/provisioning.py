"""Provisioning: what must stand at the target before records can, found by name or made on consent.

What a person removed at the target is not made again behind their back: it is left out, and only a
person's word brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ml_connector.core.faults import NeedsConsent, TooFast, UnknownOutcome
from ml_connector.core.flow import Route
from ml_connector.core.mapping import Codes
from ml_connector.core.objects import SetupItem
from ml_connector.core.wire import Errand
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.resources import Resources
from ml_connector.engine.tally import Tally
from ml_connector.store import flows, intents, links, pending, provisions, reviews
from ml_connector.store.database import Connection
from ml_connector.store.pending import BACKFILL, Mark


async def provision(
    res: Resources, opened: OpenFlow, tally: Tally, epoch: int, *, consent: bool
) -> None:
    """Find or make everything the flow needs, and fill in its codes.

    Raises NeedsConsent, with nothing written, where something must be made and nobody consented.
    """
    known = await res.store.read(lambda c: provisions.of_account(c, opened.target.account))
    lacking = [i for i in opened.items if i.id not in known]
    removed = [i for i in opened.items if i.id in known and known[i.id].missing]
    if lacking or (removed and consent):
        await _wait_for_settling(res, opened, [*lacking, *removed])
        found = await opened.target.target.find_setup(opened.items, tally.shared)
        await _note(res, opened, found)
        absent = [i for i in [*lacking, *removed] if i.id not in found]
        if absent and not (consent or opened.row.consented):
            raise NeedsConsent(_asking(opened, absent))
        for item in absent:
            await _make(res, opened, item, tally, epoch)
        await _write_anew(res, opened, removed)
    await load_codes(res, opened, tally.shared)


async def _write_anew(res: Resources, opened: OpenFlow, removed: Sequence[SetupItem]) -> None:
    """What a removed field held is written into the one that stands in its place."""
    routes = [r for r in opened.flow.routes if any(_is_of(r, item) for item in removed)]
    if not routes:
        return
    flow, now = opened.row.id, res.clock.now()

    def work(conn: Connection) -> None:
        for route in routes:
            rank, target = opened.flow.rank(route.name), opened.place(route.name)
            keys = sorted(links.linked_keys(conn, flow, route.name))
            keys += [r.source_key for r in reviews.of_flow(conn, flow) if r.route == route.name]
            marks = [Mark(flow, route.name, k, target, rank, "person", BACKFILL) for k in keys]
            pending.mark(conn, marks, now)
        pending.hurry(conn, flow, "person", now)
        flows.set_reason(conn, flow, "")

    await res.store.write(work)


def _is_of(route: Route, item: SetupItem) -> bool:
    """Whether records of the route hold the item: its field, or its code in a standard field."""
    if item.kind == "field":
        return item.object == route.writes.name
    return any(field.setup == item.kind for field in route.writes.fields)


async def load_codes(res: Resources, opened: OpenFlow, errand: Errand) -> None:
    """The flow's codes and vocabularies as the store has them; vocabularies are read once a day."""
    account = opened.target.account
    known = await res.store.read(lambda c: provisions.of_account(c, account))
    here = {i.id: known[i.id] for i in opened.items if i.id in known}
    words = {
        name: await _words(res, side, name, errand) for name, side in _vocabularies(opened).items()
    }
    opened.codes = Codes(
        {id: each.code for id, each in here.items()},
        words,
        frozenset(id for id, each in here.items() if each.missing),
    )
    items = {i.id: i for i in opened.items}
    opened.target.target.know_setup({each.code: items[id] for id, each in here.items()})


async def recheck(res: Resources, opened: OpenFlow, errand: Errand) -> None:
    """Look whether something we set up was removed at the target since: it is left out from now
    on, and a person is told once."""
    before = opened.codes.missing
    found = await opened.target.target.find_setup(opened.items, errand)
    gone = [id for id in opened.codes.items if id not in found]
    account = opened.target.account
    await res.store.write(lambda c: provisions.set_missing(c, account, gone))
    await load_codes(res, opened, errand)
    news = sorted(opened.codes.missing - before)
    if news:
        names = ", ".join(f"'{id.rsplit('/', 1)[1]}'" for id in news)
        sentence = (
            f"{names} was removed in {opened.target.vendor.label}. Flow {opened.row.name} goes on "
            f"without it; `ml-connector sync {opened.row.name} --yes` makes it again."
        )
        await res.store.write(lambda c: flows.set_reason(c, opened.row.id, sentence))
        res.alert(sentence)


async def _make(
    res: Resources, opened: OpenFlow, item: SetupItem, tally: Tally, epoch: int
) -> None:
    """Make one item, with an intent around it: a lost answer settles before the next look."""
    account = opened.target.account
    intent = _intent(res, opened, item, tally, epoch)
    await res.store.write(lambda c: intents.put(c, [intent]))
    parent = _parent_code(await res.store.read(lambda c: provisions.of_account(c, account)), item)
    try:
        code = await opened.target.target.create_setup(item, parent, tally.shared)
    except UnknownOutcome:
        until = res.clock.now() + opened.flow.routes[0].writes.settle
        holder = (opened.row.id, "", item.id)
        await res.store.write(lambda c: intents.settle(c, *holder, until))
        raise
    except BaseException:
        await res.store.write(lambda c: intents.close(c, opened.row.id, "", [item.id]))
        raise
    tally.setup_writes += 1

    def remember(conn: Connection) -> None:
        provisions.put(conn, account, item, code)
        intents.close(conn, opened.row.id, "", [item.id])

    await res.store.write(remember)


def _intent(
    res: Resources, opened: OpenFlow, item: SetupItem, tally: Tally, epoch: int
) -> intents.Intent:
    return intents.Intent(
        id=res.chance.new_id(), workspace=opened.row.workspace, run=tally.run,
        flow=opened.row.id, flow_version=opened.row.version, route="", source_key=item.id,
        account=opened.target.account, object=item.object, operation="setup", target_id=None,
        external_key=item.id, fields={"name": item.name, "type": item.type}, digest=item.id,
        epoch=epoch, state="open", opened_at=res.clock.now(),
    )  # fmt: skip


async def _wait_for_settling(res: Resources, opened: OpenFlow, items: Sequence[SetupItem]) -> None:
    ids = [i.id for i in items]
    open_ones = await res.store.read(lambda c: intents.of_keys(c, opened.row.id, "", ids))
    moments = [i.settle_until for many in open_ones.values() for i in many if i.settle_until]
    latest: datetime | None = max(moments, default=None)
    if latest is not None and latest > res.clock.now():
        raise TooFast("A set-up call got no answer; it is looked at again when it settled.", latest)


async def _note(res: Resources, opened: OpenFlow, found: dict[str, str]) -> None:
    items = {i.id: i for i in opened.items}

    def work(conn: Connection) -> None:
        for id, code in found.items():
            provisions.put(conn, opened.target.account, items[id], code)
            intents.close(conn, opened.row.id, "", [id])

    await res.store.write(work)


def _parent_code(known: dict[str, provisions.Provision], item: SetupItem) -> str:
    if not item.parent:
        return ""
    return next(p.code for id, p in known.items() if id.endswith(f"//{item.parent}"))


def _vocabularies(opened: OpenFlow) -> dict[str, OpenConnection]:
    """The lists of values that the flow's fields take, and where each is read."""
    used = {
        field.vocabulary: opened.writing(route)
        for route in opened.routes
        for field in route.writes.fields
        if field.vocabulary is not None and field.name in route.fields
    }
    used |= {item.vocabulary: opened.target for item in opened.items if item.vocabulary}
    return {name: used[name] for name in sorted(used)}


async def _words(res: Resources, side: OpenConnection, name: str, errand: Errand) -> frozenset[str]:
    now, account = res.clock.now(), side.account
    oldest = now - provisions.VOCABULARY_LIFE
    words = await res.store.read(lambda c: provisions.vocabulary(c, account, name, oldest))
    if words is None:
        read = words = await side.target.vocabulary(name, errand)
        await res.store.write(lambda c: provisions.put_vocabulary(c, account, name, read, now))
    return frozenset(words)


def _asking(opened: OpenFlow, absent: Sequence[SetupItem]) -> str:
    what = ", ".join(f"{i.kind} '{i.name}'" for i in absent)
    return (
        f"{opened.target.vendor.label} lacks: {what}. "
        f"`ml-connector sync {opened.row.name} --yes` creates them."
    )
