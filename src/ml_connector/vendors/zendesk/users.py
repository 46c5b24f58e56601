"""End users: written only where they are nobody of the help desk's own, and by their own rules.

An upsert would rename whoever has the address, be it an agent's or only a second address of the
user of another key, and no search is sure to show them in time; a plain create is refused instead.
A written e-mail only adds an address, which is then made the primary one. Source: "Users" and "User
Identities" in Zendesk's developer pages.
"""

from __future__ import annotations

from typing import Any

from ml_connector.core.faults import Missing, Refused, UnknownOutcome
from ml_connector.core.values import likeness
from ml_connector.core.wire import Errand
from ml_connector.vendors.zendesk.api import USER as PLACE
from ml_connector.vendors.zendesk.api import Api, Json, Place, items
from ml_connector.vendors.zendesk.limits import USER
from ml_connector.vendors.zendesk.values import END_USER

IDENTITY = Place("/identities", "identity", "identities")


class Users:
    """Writes end users of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, body: dict[str, Any], errand: Errand) -> Json:
        """One that nobody is yet, by e-mail or external id, without a mail. Raises Refused."""
        fields = {**body, "skip_verify_email": True}
        return await self._api.write("POST", PLACE.path, PLACE, fields, errand, kind=USER)

    async def update(self, id: str, body: dict[str, Any], errand: Errand) -> Json:
        """Write only these fields. Raises Missing, and Refused for one of the staff."""
        path = f"{PLACE.path}/{id}"
        user = (await self._api.send("GET", path, errand)).get(PLACE.one) or {}
        if user.get("active") is False:
            raise Missing(f"User {id} is deleted at Zendesk.")
        if user.get("role") != END_USER:
            raise Refused(f"User {id} is of the role {user.get('role')!r} and is left alone.")
        fields = dict(body)
        email = fields.pop("email", None)
        if email and likeness(email) != likeness(user.get("email")):
            await self._make_primary(path, email, errand)
            user = {**user, "email": email}
        if not fields:
            return user
        fields["skip_verify_email"] = True
        return await self._api.write("PUT", path, PLACE, fields, errand, kind=USER)

    async def _make_primary(self, path: str, email: str, errand: Errand) -> None:
        """Add the address where the user has not got it, and make it the primary one."""
        listed = await self._api.send("GET", path + IDENTITY.path, errand)
        id = next(
            (
                i["id"]
                for i in items(listed, IDENTITY.many)
                if i.get("type") == "email" and likeness(i.get("value")) == likeness(email)
            ),
            None,
        )
        if id is None:
            fields = {"type": "email", "value": email, "skip_verify_email": True}
            made = await self._api.write("POST", path + IDENTITY.path, IDENTITY, fields, errand)
            id = made.get("id")
        if id is None:
            raise UnknownOutcome("Zendesk told no id of the address that was added.")
        await self._api.send("PUT", f"{path}{IDENTITY.path}/{id}/make_primary", errand)
