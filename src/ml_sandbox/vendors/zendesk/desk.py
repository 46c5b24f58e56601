"""The desk is the whole of one account's rules at hand; both doors write through it.

One door is the API, the other a person at Zendesk's own screens.
"""

from __future__ import annotations

from functools import partial

from .account import Account
from .apps import Apps
from .custom_objects import CustomObjects
from .fields import FieldBook
from .identities import Identities
from .jobs import Jobs
from .lookups import resolver
from .memberships import Memberships
from .organizations import Organizations
from .records import Records
from .search import Search
from .tickets import Tickets
from .users import Users
from .webhooks import Webhooks


class Desk:
    def __init__(self, account: Account) -> None:
        self.account = account
        resolve = partial(resolver, account)
        self.organization_fields = FieldBook(
            account, "organization_fields", resolve, "organization_fields", "organizations"
        )
        self.user_fields = FieldBook(account, "user_fields", resolve, "user_fields", "users")
        self.memberships = Memberships(account)
        self.organizations = Organizations(account, self.organization_fields, self.memberships)
        self.identities = Identities(account)
        self.users = Users(
            account, self.user_fields, self.identities, self.memberships, self.organizations
        )
        self.objects = CustomObjects(account)
        self.records = Records(account, self.objects)
        self.tickets = Tickets(account, self.users)
        self.search = Search(account)
        self.jobs = Jobs(account)
        self.apps = Apps(account, self.objects, self.organization_fields, self.user_fields)
        self.webhooks = Webhooks(account)

    def settle(self) -> None:
        """Does what time has brought: jobs, merges."""
        self.jobs.settle()
        self.organizations.settle_merges()
        self.apps.settle()
