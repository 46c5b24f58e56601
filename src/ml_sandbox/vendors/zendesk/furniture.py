"""The furniture is what every account has before anybody works: people, a group, some fields."""

from __future__ import annotations

from datetime import timedelta

from .account import ADMIN, AGENT, Actor
from .desk import Desk
from .tables import Record

OPENED_AGO = timedelta(days=4 * 365)
OWNER_EMAIL = "support.admin@bluebird.example"
AGENT_EMAIL = "nadia.support@bluebird.example"
_REGIONS = (("North", "north"), ("South", "south"), ("Overseas", "overseas"))


def furnish(desk: Desk) -> dict[str, int]:
    """The ids of who may consent: the owner, an `admin`, and an `agent`."""
    account = desk.account
    owner = Actor(0, ADMIN, over_api=False)
    admin = _person(desk, "Robin Bluebird", OWNER_EMAIL, ADMIN, owner)
    account.owner_id = admin["id"]
    agent = _person(desk, "Nadia Lindqvist", AGENT_EMAIL, AGENT, owner)
    _person(desk, "Marek Kowalczyk", "marek.support@bluebird.example", AGENT, owner)
    now, number = account.stamp(), account.ids.number()
    account.add(
        "groups",
        {
            "id": number,
            "url": account.url("groups", number),
            "name": "Support",
            "description": "",
            "default": True,
            "is_public": True,
            "deleted": False,
            "created_at": now,
            "updated_at": now,
        },
    )
    options = [{"name": name, "value": value} for name, value in _REGIONS]
    for given in (
        {"key": "region", "type": "dropdown", "title": "Region", "custom_field_options": options},
        {"key": "vip", "type": "checkbox", "title": "VIP", "tag": "vip"},
        {"key": "contract_until", "type": "date", "title": "Contract until"},
    ):
        desk.organization_fields.create(given, owner)
    desk.user_fields.create({"key": "job_title", "type": "text", "title": "Job title"}, owner)
    return {"admin": admin["id"], "agent": agent["id"]}


def _person(desk: Desk, name: str, email: str, role: str, actor: Actor) -> Record:
    given = {"name": name, "email": email, "role": role, "verified": True}
    return desk.users.create(given, actor, [])
