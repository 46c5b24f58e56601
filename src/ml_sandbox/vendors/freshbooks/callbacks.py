"""Callbacks: addresses registered through the API, each proven by a handshake of its own.

A new callback is told a code by a post to its address and counts once the code is handed back. One
that fails for a day is disabled, and revived by sending a code anew (sheet, section 7).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ml_sandbox.deliveries import Delivery, Posting, is_success
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.freshbooks import event_names, postings
from ml_sandbox.vendors.freshbooks.account import Account, Happening
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.records import Actor, Callback

#: How long a create waits for its own handshake before it answers nevertheless.
PATIENCE_SECONDS = 1.0
_FIELDS = ("event", "uri", "verifier", "resend", "callback_id", "callbackid")


def _semantic(*faults: tuple[str, str]) -> ApiError:
    return ApiError(422, *(Row(422, message, field, "callback") for field, message in faults))


class Callbacks:
    """Registers, proves, disables and posts, for all accounts of the site."""

    def __init__(self, site: Site, shared_secret: str) -> None:
        self._site = site
        self._chance = site.random("verifiers")
        self._shared_secret = shared_secret
        self._failing_since: dict[tuple[str, int], datetime] = {}

    # --- the API's side ---

    def check(self, given: Mapping[str, Any], needed: tuple[str, ...]) -> None:
        """Raises ApiError 422 with all that is wrong about event and address."""
        faults = [(name, "Extra inputs are not permitted") for name in given if name not in _FIELDS]
        for name in needed:
            if name not in given:
                faults.append((name, "Field required"))
        if "event" in given:
            by_email = bool(self._site.switch("send_by_email_events"))
            known = isinstance(given["event"], str)
            if not (known and event_names.is_known(given["event"], by_email)):
                faults.append(("event", "Value error, Unrecognized event."))
        if "uri" in given and (fault := self._uri_fault(given["uri"])):
            faults.append(("uri", fault))
        if faults:
            raise _semantic(*faults)

    def _uri_fault(self, uri: Any) -> str:
        if not isinstance(uri, str):
            return "Input should be a valid URL"
        try:
            parts = urlsplit(uri)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return "Input should be a valid URL"
        if not parts.scheme:
            return "Input should be a valid URL, relative URL without a base"
        if parts.scheme not in ("http", "https"):
            return "URL scheme should be 'http' or 'https'"
        if not host:
            return "Input should be a valid URL, empty host"
        if parts.scheme == "http" and self._site.switch("webhook_https_only"):
            return "URL scheme should be 'https'"
        return ""

    async def create(self, account: Account, actor: Actor, given: Mapping[str, Any]) -> Callback:
        """A callback that nobody has proven yet; its handshake may be there before the answer."""
        self.check(given, ("event", "uri"))
        callback = Callback(account.callbacks.new_id(), given["event"], given["uri"], account.now())
        account.put_callback(callback)
        await self._send_code(account, actor, callback)
        found = account.callbacks.get(callback.id)
        return callback if found is None else found

    async def change(
        self, account: Account, actor: Actor, callback: Callback, given: Mapping[str, Any]
    ) -> Callback:
        """One of three: hand back a code, ask for a code, or another event or address."""
        self.check(given, ())
        if "verifier" in given:
            return self._prove(account, callback, given["verifier"])
        if given.get("resend") is True:
            await self._send_code(account, actor, callback)
        elif given.keys() & {"event", "uri"}:
            await self._move(account, actor, callback, given)
        else:
            raise _semantic(("callback", "Field required"))
        return account.callbacks.get(callback.id) or callback

    async def _move(
        self, account: Account, actor: Actor, callback: Callback, given: Mapping[str, Any]
    ) -> None:
        """Another address has to be proven anew, another event has not."""
        changed = replace(
            callback,
            event=given.get("event", callback.event),
            uri=given.get("uri", callback.uri),
            updated=account.now(),
        )
        if changed.uri == callback.uri:
            account.put_callback(changed)
            return
        changed = replace(changed, verified=False, verifier="")
        account.put_callback(changed)
        await self._send_code(account, actor, changed)

    def _prove(self, account: Account, callback: Callback, code: Any) -> Callback:
        if not callback.code or code != callback.code:
            no = _semantic(("verifier", "Value error, Invalid verifier."))
            raise ApiError(int(self._site.switch("wrong_verifier_status")), *no.rows)
        self._failing_since.pop((account.id, callback.id), None)
        proven = replace(
            callback, verified=True, disabled=False, verifier=code, updated=account.now()
        )
        return account.put_callback(proven)

    def remove(self, account: Account, callback: Callback) -> None:
        account.callbacks.remove(callback.id)
        account.revision += 1

    def disable(self, account: Account, callback: Callback) -> Callback:
        return account.put_callback(replace(callback, disabled=True, updated=account.now()))

    # --- the handshake ---

    async def _send_code(self, account: Account, actor: Actor, callback: Callback) -> None:
        code = callback.code
        if not code or self._site.switch("resend_issues_new_code"):
            code = self._new_code()
        account.put_callback(replace(callback, code=code))
        fields = self._fields(account, event_names.HANDSHAKE, callback.id, actor)
        fields["verifier"] = code
        arrived = asyncio.Event()
        self._site.deliver(
            self._delivery(account, callback.id, event_names.HANDSHAKE, fields, arrived)
        )
        if self._site.switch("handshake_before_answer"):
            await self._wait(arrived)

    def _new_code(self) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self._chance.choices(letters, k=22))

    async def _wait(self, arrived: asyncio.Event) -> None:
        """Until the post was answered, but not for one that is dropped or slow."""
        happened = asyncio.ensure_future(arrived.wait())
        bored = asyncio.ensure_future(self._site.clock.sleep(PATIENCE_SECONDS))
        try:
            await asyncio.wait((happened, bored), return_when=asyncio.FIRST_COMPLETED)
        finally:
            happened.cancel()
            bored.cancel()

    # --- events ---

    def tell(self, happening: Happening) -> None:
        """Posts to every proven callback that hears of it."""
        account = happening.account
        for callback in [*account.callbacks]:
            hears = event_names.covers(callback.event, happening.name)
            if not hears or not callback.verified or callback.disabled:
                continue
            fields = self._fields(account, happening.name, happening.object_id, happening.actor)
            self._site.deliver(self._delivery(account, callback.id, happening.name, fields, None))

    def _fields(self, account: Account, name: str, object_id: int, actor: Actor) -> dict[str, str]:
        """In the documented order, or as deliveries looked in 2020."""
        fields = {
            "name": name,
            "object_id": str(object_id),
            "account_id": account.id,
            "business_id": str(account.business_id),
            "identity_id": str(actor.identity_id),
            "user_id": str(actor.user_id),
        }
        if not self._site.switch("webhook_legacy_fields"):
            return fields
        order = ("user_id", "name", "object_id", "account_id", "business_id", "identity_id")
        legacy = {field: fields[field] for field in order}
        return {**legacy, "system": f"https://{account.id.lower()}.freshbooks.example"}

    def _delivery(
        self,
        account: Account,
        number: int,
        name: str,
        fields: dict[str, str],
        arrived: asyncio.Event | None,
    ) -> Delivery:
        handshake = name == event_names.HANDSHAKE

        def prepare(attempt: int) -> Posting | None:
            callback = account.callbacks.get(number)
            if callback is None or (callback.disabled and not handshake):
                return None
            if handshake and callback.code != fields["verifier"]:
                return None
            key = fields["verifier"] if handshake else callback.verifier
            return Posting(callback.uri, *self._written(key, fields))

        def after(attempt: int, status: int | None) -> float | None:
            if arrived is not None:
                arrived.set()
            if not handshake:
                self._note(account, number, is_success(status))
            return None if is_success(status) else self._pause(attempt)

        timeout_seconds = float(self._site.switch("webhook_timeout_seconds"))
        return Delivery(self._site.name, name, prepare, after, timeout_seconds)

    def _pause(self, attempt: int) -> float | None:
        """Seconds to the next attempt; none after the last, unless retries never end."""
        delays = delays_seconds(str(self._site.switch("webhook_retry_minutes")))
        if attempt <= len(delays):
            return delays[attempt - 1]
        ends = self._site.switch("webhook_retries_end")
        return None if ends or not delays else delays[-1]

    def _written(self, key: str, fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
        body = postings.form_body(fields)
        raw = self._site.switch("webhook_signature") == "raw"
        signed = (
            postings.raw_signature(self._shared_secret, body)
            if raw
            else postings.signature(key, fields)
        )
        return {"content-type": postings.CONTENT_TYPE, postings.SIGNATURE_HEADER: signed}, body

    def _note(self, account: Account, number: int, answered: bool) -> None:
        """A callback that only failed for so long is disabled."""
        key = (account.id, number)
        callback = account.callbacks.get(number)
        if answered or callback is None:
            self._failing_since.pop(key, None)
            return
        now = self._site.now()
        since = self._failing_since.setdefault(key, now)
        hours = float(self._site.switch("webhook_disabled_after_hours"))
        if hours > 0 and now - since >= timedelta(hours=hours) and not callback.disabled:
            self.disable(account, callback)


def delays_seconds(minutes: str) -> list[float]:
    """`1,5` to seconds; what is no number is left out."""
    found = []
    for part in minutes.split(","):
        try:
            found.append(float(part) * 60)
        except ValueError:
            continue
    return [seconds for seconds in found if 0 <= seconds < math.inf]
