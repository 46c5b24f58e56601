"""Posts are webhooks of our own: signed as the vendor signs, sent until they are answered 2xx, and
kept in a book, so that nobody has to guess which of them were acknowledged.

Each carries a mark of its own in its body, by which its inbox row is known.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.error import HTTPError

from tests.crash.people import Saying, Sayings
from tests.crash.world import World

REPEATED, DELAYED = 0.2, 0.2
"""How often an event is told twice, and how often after those that come later."""
TIMEOUT_SECONDS = 5.0
USER, PASSWORD = "crash", "of our own choice"
COMPANY = "1234567"
"""The sandbox's company at Pipedrive."""


@dataclass(frozen=True)
class Post:
    """One event on its way."""

    mark: str
    saying: Saying


class Posts:
    """What is to be posted, and what was answered. `urls` are the hooks, by vendor."""

    def __init__(self, world: World, draw: random.Random, urls: Mapping[str, str]) -> None:
        self._world = world
        self._draw = draw
        self._urls = urls
        self._waiting: list[Post] = []
        self._count = 0
        self.answered: list[str] = []
        """The marks of the events that were answered 2xx."""
        self._of: dict[Saying, set[str]] = {}

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    def say(self, sayings: Sayings) -> None:
        """Each of these is told from now on, if its vendor posts to us at all."""
        for saying in sayings:
            if saying.vendor not in self._urls:
                continue
            self._count += 1
            post = Post(f"mark-{self._count:05d}", saying)
            self._waiting.append(post)
            if self._draw.random() < REPEATED:
                self._waiting.append(post)
        if self._draw.random() < DELAYED:
            self._draw.shuffle(self._waiting)

    def pump(self) -> None:
        """Post what waits; what is not answered 2xx waits on, as with any vendor."""
        waiting, self._waiting = self._waiting, []
        for place, post in enumerate(waiting):
            status = self._posted(post)
            if status == 200:
                self.answered.append(post.mark)
                self._of.setdefault(post.saying, set()).add(post.mark)
            else:
                self._waiting.append(post)
            if status is None:  # nobody is there
                self._waiting += waiting[place + 1 :]
                return

    def examples(
        self, routes: Mapping[tuple[str, str], str], most: int
    ) -> list[tuple[str, str, set[str]]]:  # fmt: skip
        """(route, source id, marks) of some records of which events were answered."""
        known = [s for s in self._of if (s.vendor, s.object) in routes]
        chosen = self._draw.sample(known, min(most, len(known)))
        return [(routes[s.vendor, s.object], s.id, self._of[s]) for s in chosen]

    def _posted(self, post: Post) -> int | None:
        """The status; None where there was no answer."""
        body, headers = self._written(post)
        request = urllib.request.Request(  # noqa: S310 - the loopback address of our own server
            self._urls[post.saying.vendor], body, headers, method="POST"
        )
        try:
            with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return int(answer.status)
        except HTTPError as refused:
            with refused:
                raise AssertionError(
                    f"a true delivery was answered {refused.code}: {refused.read()!r}"
                ) from None
        except OSError:
            return None

    def _written(self, post: Post) -> tuple[bytes, dict[str, str]]:
        vendor = post.saying.vendor
        secret = proofs(self._world, vendor).get("webhook_secret", "")
        settings = self._world.ready[vendor]["settings"]
        if vendor == "wave":
            return _wave(post, settings["business_id"], secret, self._world.now().timestamp())
        if vendor == "quickbooks_online":
            return _quickbooks(post, settings["realm_id"], secret)
        if vendor == "pipedrive":
            return _pipedrive(post)
        return _acumatica(post, settings["tenant"], settings["push_header"], secret)


def proofs(world: World, vendor: str) -> dict[str, str]:
    """The secrets by which a vendor's deliveries are proven, as `connect` names them."""
    if vendor == "pipedrive":  # it signs nothing; the credentials are ours to choose
        return {"webhook_user": USER, "webhook_password": PASSWORD}
    return {"webhook_secret": world.ready[vendor]["credentials"]["webhook_secret"]}


def _pipedrive(post: Post) -> tuple[bytes, dict[str, str]]:
    """A webhook of version 2, as "Guide for Webhooks v2" has it; ids are texts in `meta`."""
    body = json.dumps({
        "meta": {
            "id": post.mark, "entity": post.saying.object, "entity_id": post.saying.id,
            "action": "change", "company_id": COMPANY, "webhook_id": "1", "version": "2.0",
            "correlation_id": post.mark, "timestamp": "2026-01-01T00:00:00Z",
        },
        "data": {"id": int(post.saying.id)}, "previous": {},
    }).encode()  # fmt: skip
    proof = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return body, {"content-type": "application/json", "authorization": proof}


def _wave(
    post: Post, business: str, secret: str, now: float
) -> tuple[bytes, dict[str, str]]:  # fmt: skip
    """As Wave's "Webhooks Setup Guide" has it: HMAC over the moment and the raw body."""
    noun = post.saying.object.removesuffix("s")
    body = json.dumps({
        "event_id": post.mark, "event_type": f"{noun}.updated", "business_id": business,
        "data": {f"{noun}_id": post.saying.id},
    }).encode()  # fmt: skip
    signed = f"{int(now)}.".encode() + body
    proof = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return body, {
        "content-type": "application/json",
        "x-wave-signature": f"t={int(now)},v1={proof}",
    }


def _quickbooks(post: Post, realm: str, secret: str) -> tuple[bytes, dict[str, str]]:
    """A CloudEvent, as Intuit's "Webhooks" page has it: HMAC over the raw body, in base 64."""
    body = json.dumps([{
        "specversion": "1.0", "id": post.mark, "source": "intuit.test",
        "type": f"qbo.{post.saying.object}.updated.v1", "time": "2026-01-01T00:00:00Z",
        "intuitentityid": post.saying.id, "intuitaccountid": realm,
    }]).encode()  # fmt: skip
    proof = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return body, {"content-type": "application/json", "intuit-signature": proof}


def _acumatica(
    post: Post, tenant: str, header: str, secret: str
) -> tuple[bytes, dict[str, str]]:  # fmt: skip
    """A push notification of a generic inquiry: `object` names its columns, `id` their values."""
    columns, values = post.saying.object.split("/"), post.saying.id.split("/")
    body = json.dumps({
        "Query": post.saying.object, "CompanyId": tenant, "Id": post.mark, "TimeStamp": 1,
        "Inserted": [dict(zip(columns, values, strict=True))], "Deleted": [],
        "AdditionalInfo": {},
    }).encode()  # fmt: skip
    return body, {"content-type": "application/json", header: secret}


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
