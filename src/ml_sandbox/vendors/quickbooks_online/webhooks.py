"""The portal's one webhook of a set of keys, and the line in which its deliveries stand.

Signed, answered with 200 within three seconds or tried again, and later events wait until the first
one is taken (sheet, section 7).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from ml_sandbox.deliveries import Delivery, Posting
from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Site

from .company import Happening
from .webhook_events import OFFERED, Writer, type_of, wanted

TIMEOUT_SECONDS = 3.0
RETRY_SECONDS = (10.0, 20.0, 30.0, 300.0, 1200.0, 7200.0, 14400.0, 21600.0)
_TAKEN = 200


def signature(verifier: str, body: bytes) -> str:
    """base64(HMAC-SHA256(verifier token, raw body)): the header `intuit-signature`."""
    digest = hmac.new(verifier.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@dataclass
class Subscription:
    """What the portal holds; it begins to work at `active_from`."""

    url: str
    verifier: str
    types: frozenset[str]
    environment: str
    active_from: datetime


@dataclass
class Parcel:
    """One delivery: what it tells, and whether it stands in the line."""

    happenings: list[Happening]
    body: bytes = b""
    is_done: bool = False
    began: datetime | None = None


class Portal:
    """`connected(realm)` says whether the app may hear of a company, `environment(realm)` which
    set of keys it belongs to.
    """

    def __init__(
        self,
        site: Site,
        connected: Callable[[str], bool],
        environment: Callable[[str], str],
    ) -> None:
        self._site = site
        self._connected = connected
        self._environment = environment
        self._writer = Writer(site.random("events"))
        self._subscription: Subscription | None = None
        self._line: deque[Happening] = deque()
        self._in_turn: Parcel | None = None

    def register(self, url: str, verifier: str, events: list[str]) -> dict[str, Any]:
        """Saves URL, verifier token and events. Raises Refusal."""
        types = wanted(events)
        if types is None:
            known = [type_of(entity, verb) for entity, verbs in OFFERED.items() for verb in verbs]
            raise Refusal(400, "an event is unknown: Customer, Customer.Create or a type", known)
        if not self._site.accepts_receiver(url):
            raise Refusal(400, "the sandbox posts to loopback addresses only")
        if not verifier:
            raise Refusal(400, "the verifier token is empty")
        wait = timedelta(seconds=float(self._site.switch("webhook_activation_seconds")))
        environment = str(self._site.switch("host_environment"))
        self._subscription = Subscription(
            url, verifier, types, environment, self._site.now() + wait
        )
        return {"url": url, "events": sorted(types), "environment": environment}

    def tell(self, happening: Happening) -> None:
        """Puts what happened in the line, if it was asked for and may be heard."""
        found = self._subscription
        if found is None or type_of(happening.entity, happening.verb) not in found.types:
            return
        if self._site.now() < found.active_from or not self._connected(happening.realm):
            return
        if self._environment(happening.realm) != found.environment:
            return
        self._line.append(happening)
        self._next()

    def _next(self) -> None:
        """Sends what is first in the line, unless something is still on its way."""
        while self._in_turn is None and self._line:
            parcel = Parcel([self._line.popleft() for _ in range(self._size())])
            parcel.body = self._body(parcel.happenings)
            self._in_turn = parcel
            self._site.deliver(self._delivery(parcel))

    def _size(self) -> int:
        """How many of those in the line the next delivery tells of."""
        if not self._site.switch("webhook_bundles"):
            return 1
        if self._site.switch("webhook_mixes_companies"):
            return len(self._line)
        realm = self._line[0].realm
        return len(list(takewhile(lambda waiting: waiting.realm == realm, self._line)))

    def _leave(self, parcel: Parcel) -> None:
        """The parcel is out of the line: taken, given up, or put aside by an ordered fault."""
        if self._in_turn is parcel:
            self._in_turn = None
            self._next()

    def _delivery(self, parcel: Parcel) -> Delivery:
        first = parcel.happenings[0]

        def prepare(attempt: int) -> Posting | None:
            found = self._subscription
            if found is None or (parcel.is_done and attempt > 1):
                return None
            if parcel.began is None:
                parcel.began = self._site.now()
            headers = {
                "content-type": self._content_type(),
                "intuit-signature": signature(found.verifier, parcel.body),
                "user-agent": "intuit_notification_server/1.0",
            }
            return Posting(found.url, headers, parcel.body)

        def after(attempt: int, status: int | None) -> float | None:
            pause = None if status == _TAKEN or parcel.is_done else self._pause(parcel, attempt)
            if pause is None:
                parcel.is_done = True
                self._leave(parcel)
            return pause

        return Delivery(
            self._site.name,
            type_of(first.entity, first.verb),
            prepare,
            after,
            TIMEOUT_SECONDS,
            aside=lambda: self._leave(parcel),
        )

    def _content_type(self) -> str:
        if self._site.switch("webhook_format") == "classic":
            return "application/json"
        return str(self._site.switch("cloudevents_content_type"))

    def _pause(self, parcel: Parcel, attempt: int) -> float | None:
        """Seconds to the next attempt; when they end is not known, a switch."""
        hours = float(self._site.switch("webhook_retry_hours"))
        waited = self._site.now() - (parcel.began or self._site.now())
        if hours and waited >= timedelta(hours=hours):
            return None
        return RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1]

    def _body(self, happenings: list[Happening]) -> bytes:
        if self._site.switch("webhook_format") == "classic":
            return _dumped(self._writer.classic(happenings))
        parts = str(self._site.switch("event_optional_parts"))
        ids = str(self._site.switch("event_id_shape"))
        copies = 2 if self._site.switch("event_told_twice") else 1
        return _dumped(
            [
                self._writer.cloud_event(happening, parts, ids)
                for happening in happenings
                for _ in range(copies)
            ]
        )


def _dumped(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
