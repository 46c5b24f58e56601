"""A bookkeeper at Wave and an agent at Zendesk."""

from __future__ import annotations

from tests.crash.people import Sayings
from tests.crash.people.wave import Bookkeeper, said

MANY = 6
"""So many at once go by a job."""


class HelpDesk(Bookkeeper):
    def many(self) -> Sayings:
        """Invoices become records, of which one job makes a hundred."""
        return [said("invoices", self.invoiced(self.drawn(self.customers()))) for _ in range(MANY)]

    def touch(self) -> None:
        """An agent calls an organization otherwise, and makes one that is nobody's."""
        number = self.number()
        organizations = self.world.all("zendesk/organizations")
        ours = [o for o in organizations if o["external_id"] and not o["deleted_at"]]
        if ours:
            id, name = self.draw.choice(ours)["id"], f"As the agent calls it {number}"
            self.world.do("PATCH", f"zendesk/organizations/{id}", {"name": name})
            self.kept["organizations", str(id), "name"] = name
        self.world.do("POST", "zendesk/organizations", {"name": f"Prospect {number}"})
        self.by_hand["organizations"] += 1
