"""The program as it is, but for one thing: it kills itself when it passes a named step.

`doom` wraps functions of the store, of the engine and of the transport in this process. What they
do is unchanged; they only tell that a step is passed. The program itself knows nothing of it.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.background import BackgroundTask

from ml_connector.engine import (
    applying,
    confirming,
    granting,
    polling,
    provisioning,
    remembering,
    subscribing,
)
from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.transport import Outgoing
from ml_connector.store import (
    connections,
    flows,
    grants,
    handshakes,
    inbox,
    intents,
    keyring,
    lanes,
    mirrors,
    pending,
    provisions,
    requests,
    rotation,
    told,
)
from ml_connector.store.group import GroupWriter
from ml_connector.web import hooks

from .steps import ANSWERED, BEFORE, COMMITTED, NOT_SENT, SENT

T = TypeVar("T")
Function = Callable[..., Any]
FLUSH_SECONDS = 0.02
"""An answer is handed to the socket at once; it has left after this."""


class Doom:
    """Counts the passings of one step, and ends the process at the last."""

    def __init__(self, step: str, passings: int) -> None:
        self._step = step
        self._left = passings
        self._counting = threading.Lock()

    def is_due(self, step: str) -> bool:
        """Whether the process must die at this passing."""
        if step != self._step:
            return False
        with self._counting:
            self._left -= 1
            return self._left == 0

    def passing(self, step: str) -> None:
        if self.is_due(step):
            die()


def die() -> None:
    """At once, as a power cut would have it: nothing is flushed, closed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


def doom(step: str, passings: int = 1) -> None:
    """From now on this process dies when it passes the step for the so-manieth time."""
    fate = Doom(step, passings)
    _watch_commits(fate)
    _watch_answers(fate)
    _watch_ring(fate)
    _watch_wire(fate)


# --- commits --------------------------------------------------------------------------------------


def _watch_commits(fate: Doom) -> None:
    """What the functions below did in a transaction names the commit that ends it."""
    noted: list[str] = []

    def note(place: Any, name: str, noun: str, counts: Function = lambda *a, **k: True) -> None:
        """`counts` is asked with what the function was given, and what it returned last."""
        original = getattr(place, name)

        def noting(*args: Any, **named: Any) -> Any:
            result = original(*args, **named)
            if counts(*args, result, **named):
                noted.append(noun)
            return result

        setattr(place, name, noting)

    note(inbox, "put", "delivery", lambda conn, events, _: bool(events))
    note(pending, "take", "take", lambda *args, **k: bool(args[-1]))
    note(mirrors, "put_filling", "listing")
    note(intents, "put", "intents", lambda conn, meant, _: any(i.route for i in meant))
    note(intents, "put", "set-up intent", lambda conn, meant, _: any(not i.route for i in meant))
    note(intents, "put", "intent back", lambda conn, meant, _: any(_is_back(i) for i in meant))
    note(remembering, "wrote", "outcome")
    note(
        remembering,
        "wrote",
        "outcome back",
        lambda conn, ledger, answered, _: _had_way_back(answered),
    )
    note(remembering, "postpone", "unknown outcome", lambda *args, **k: _is_settling(args, k))
    for name in ("alias", "wait", "review"):
        note(remembering, name, "settled")
    note(remembering, "postpone", "settled", lambda *args, **k: not _is_settling(args, k))
    note(remembering, "done", "settled", lambda conn, ledger, settled, _: bool(settled))
    note(told, "put", "feed", lambda conn, flow, feed, spoken, _: bool(spoken))
    note(lanes, "claim", "take-over")
    note(requests, "take", "command taken", lambda conn, result: bool(result))
    note(requests, "end", "command ended")
    note(grants, "renew", "token")
    note(rotation, "admit_keys", "key check")
    note(rotation, "_reseal_batch", "seal", lambda conn, vault, count: count > 0)
    note(rotation, "forget_keys", "key forgotten")
    note(provisions, "put", "set-up")
    note(connections, "put_subscription", "subscription")
    note(flows, "backfilled", "filled")
    note(handshakes, "put", "handshake")
    note(confirming, "_believe", "code")
    _note_polls(noted)
    _watch_transactions(fate, noted)


def _note_polls(noted: list[str]) -> None:
    """A page's commit, where there was something on the page."""
    original = polling._noting

    def noting(res: Any, source: Any, obj: Any, outlets: Any, page: Any, heard: Any) -> Function:
        work = original(res, source, obj, outlets, page, heard)

        def noted_work(conn: Any) -> int:
            if page.records:
                noted.append("poll")
            return work(conn)

        return noted_work

    polling._noting = noting


def _watch_transactions(fate: Doom, noted: list[str]) -> None:
    begin, commit = GroupWriter._begin, GroupWriter._commit

    def beginning(self: GroupWriter, jobs: Any) -> bool:
        if self._grouping:
            noted.clear()
        return begin(self, jobs)

    def committing(self: GroupWriter) -> None:
        if not self._grouping:  # a copy in memory, on which a plan is tried out
            commit(self)
            return
        nouns = list(dict.fromkeys(noted))
        for noun in nouns:
            fate.passing(f"{noun}: {BEFORE}")
        commit(self)
        for noun in nouns:
            fate.passing(f"{noun}: {COMMITTED}")

    GroupWriter._begin = beginning  # type: ignore[method-assign]  # that is what this is for
    GroupWriter._commit = committing  # type: ignore[method-assign]  # that is what this is for


def _is_back(intent: intents.Intent) -> bool:
    """Of a write to the source's record: only such a one carries no key of ours."""
    return bool(intent.route) and not intent.external_key


def _had_way_back(answered: Any) -> bool:
    return any(written.step.back for written in answered)


def _is_settling(args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """`postpone(conn, ledger, item, step, decision, errand, is_settling)`, and its result."""
    return bool(named.get("is_settling", len(args) > 7 and args[6]))


# --- answers, and the key ring --------------------------------------------------------------------


def _watch_answers(fate: Doom) -> None:
    """The vendor has its 200, and nothing else has happened since."""
    original = hooks.Hooks.take

    async def dying() -> None:
        await asyncio.sleep(FLUSH_SECONDS)
        die()

    async def taking(self: hooks.Hooks, request: Any) -> Any:
        response = await original(self, request)
        if response.status_code == 200 and fate.is_due("delivery: answered"):
            response.background = BackgroundTask(dying)  # it runs when the answer is sent
        return response

    hooks.Hooks.take = taking  # type: ignore[method-assign]  # that is what this is for


def _watch_ring(fate: Doom) -> None:
    original = keyring.KeyRingFile.save

    def saving(self: keyring.KeyRingFile, ring: keyring.KeyRing) -> None:
        fate.passing("key ring: before it is saved")
        original(self, ring)
        fate.passing("key ring: saved")

    keyring.KeyRingFile.save = saving  # type: ignore[method-assign]  # that is what this is for


# --- requests -------------------------------------------------------------------------------------

doing: ContextVar[str] = ContextVar("doing", default="")


def _watch_wire(fate: Doom) -> None:
    """What is being done names the requests that are sent for it."""
    _named(applying.Applier, "_write", "write")
    _named(applying.Applier, "_send_in_bulk", "bulk write")
    _named(applying, "send_back", "write back")
    _named(provisioning, "_make", "set-up")
    _named(subscribing._Mending, "_make", "subscription")
    _named(granting.GrantKeeper, "_asked", "token")
    _named(confirming, "_is_taken", "code")
    original = AiohttpTransport.send

    async def sending(self: AiohttpTransport, outgoing: Outgoing) -> Any:
        noun = doing.get()
        if not noun or outgoing.method == "GET":
            return await original(self, outgoing)
        fate.passing(f"{noun}: {NOT_SENT}")
        if fate.is_due(f"{noun}: {SENT}"):
            send_and_die(outgoing)
        answer = await original(self, outgoing)
        fate.passing(f"{noun}: {ANSWERED}")
        return answer

    AiohttpTransport.send = sending  # type: ignore[method-assign]  # that is what this is for


def _named(place: Any, name: str, noun: str) -> None:
    """While that coroutine runs, and what it starts, `doing` is the noun."""
    original = getattr(place, name)

    async def running(*args: Any, **named: Any) -> Any:
        before = doing.set(noun)
        try:
            return await original(*args, **named)
        finally:
            doing.reset(before)

    setattr(place, name, running)


def send_and_die(outgoing: Outgoing) -> None:
    """The whole request is in the other side's hands, and nobody is there for the answer."""
    url = urlsplit(outgoing.url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port)
    path = f"{url.path}?{url.query}" if url.query else url.path
    connection.request(outgoing.method, path, outgoing.body, dict(outgoing.headers))
    die()
