"""A sales person at Pipedrive, who edits the records that the flows made."""

from __future__ import annotations

from tests.crash.people import People


class Seller:
    """What they set by hand must stay; what they make themselves nobody touches.

    `firm` are the people that the seller belongs to.
    """

    def __init__(self, firm: People) -> None:
        self._firm = firm
        self._world = firm.world

    def edit(self, noun: str, field: str, key: str) -> None:
        """A text of one of our records becomes this person's own."""
        records = self._world.pipedrive(noun)
        record = self._firm.drawn([r for r in records if not r["is_deleted"] and r.get(key)])
        if record is not None:
            value = f"As the seller calls it {self._firm.number()}"
            self._world.do("PATCH", f"pipedrive/{noun}/{record['id']}", {field: value})
            self._firm.kept[noun, str(record["id"]), field] = value

    def make(self) -> None:
        """An organization and a deal of their own."""
        number = self._firm.number()
        name = {"name": f"Lead {number} of the seller"}
        made = self._world.do("POST", "pipedrive/organizations", name)
        body = {"title": f"Hope {number}", "org_id": made["id"], "value": 10}
        self._world.do("POST", "pipedrive/deals", body)
        self._firm.by_hand.update(("organizations", "deals"))
