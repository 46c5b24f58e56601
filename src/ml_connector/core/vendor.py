"""A vendor as the engine knows it, without ever learning its name: a declaration, and clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from ml_connector.core.faults import Fault
from ml_connector.core.limits import Limits, Reading
from ml_connector.core.objects import (
    Identity,
    Page,
    SetupItem,
    SourceModel,
    SourceObject,
    SourcePage,
    TargetObject,
    TargetRecord,
)
from ml_connector.core.ports import Chance
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand, Request, Response, Wire


@dataclass(frozen=True, slots=True)
class ConnectionSetting:
    """A setting of a connection: its default as a person would write it, and one sentence."""

    name: str
    default: str
    sentence: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What a client may know of its connection. `account` is empty before the first ping."""

    name: str
    settings: Mapping[str, str]
    account: str = ""


class Client(Protocol):
    """Speaks one vendor's API for one connection."""

    async def identify(self, errand: Errand) -> Identity:
        """One cheap authenticated read: who am I. Raises a fault that says how to mend."""
        ...


class SourceClient(Client, Protocol):
    """Reads records that are the truth."""

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """Records changed since the cursor, oldest first; an empty cursor begins at the very
        first."""
        ...

    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        """Each key's record as it is now; None where the vendor says that this very id is not
        there.

        At most `obj.read_batch` keys. Raises a fault where the batch as a whole failed.
        """
        ...

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        """Records whose state can change without a change stamp (open invoices), for a slow
        re-read."""
        ...

    async def all_keys(self, obj: SourceObject, errand: Errand) -> Mapping[str, SourceModel | None]:
        """Every id there is, for the daily sweep that notices deletions; with the record where it
        can change without a change stamp."""
        ...


class TargetClient(Client, Protocol):
    """Reads and writes records that follow."""

    async def page(self, obj: TargetObject, cursor: str | None, errand: Errand) -> Page:
        """The whole listing of an object, in pages as large as the vendor gives."""
        ...

    async def changed_page(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        """What was created or changed at or after `since`, by the vendor's clock."""
        ...

    async def read(
        self, obj: TargetObject, ids: Sequence[str], errand: Errand
    ) -> dict[str, TargetRecord]:
        """The records of those ids that are there; at most `obj.read_batch` of them."""
        ...

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """Create it; the answer is what the vendor made of it."""
        ...

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        """Write only these fields. Raises Missing where the record is gone."""
        ...

    async def vocabulary(self, name: str, errand: Errand) -> list[str]:
        """The values that a field of this vocabulary takes."""
        ...

    async def find_setup(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        """Code by `SetupItem.id` of those items that stand already, as found by name and type."""
        ...

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        """Create the item and return its code."""
        ...

    def know_setup(self, items: Mapping[str, SetupItem]) -> None:
        """Tell the client what stands at the target under each code, so that it need not ask."""
        ...

    def setup_tokens(self, item: SetupItem) -> int:
        """What creating the item costs, for forecasts."""
        ...

    def imagine(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        """The record that a write of these fields would return, for forecasts. Pure."""
        ...


class BulkClient(TargetClient, Protocol):
    """A target that makes many records with one call, for backfills."""

    async def create_many(
        self, obj: TargetObject, writes: Sequence[Values], errand: Errand
    ) -> list[TargetRecord | Fault]:
        """What became of each, in the order given; at most `obj.bulk` of them."""
        ...


class SubscriberClient(Client, Protocol):
    """A vendor at which we make the webhook subscriptions ourselves."""

    subscribe_tokens: int
    """What making one costs."""
    unsubscribe_tokens: int

    async def subscriptions(self, errand: Errand) -> list[Subscription]:
        """Those that stand at the vendor and are visible to us."""
        ...

    async def subscribe(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription: ...

    async def unsubscribe(self, id: str, errand: Errand) -> None: ...


class ConfirmingClient(SubscriberClient, Protocol):
    """A vendor whose subscriptions count only once we have confirmed the code it sent us."""

    async def confirm(self, handshake: Handshake, errand: Errand) -> None:
        """Raises Refused where the code is wrong."""
        ...

    async def introduce_again(self, id: str, errand: Errand) -> None:
        """Ask for another handshake of a subscription that lost its health."""
        ...


class AppClient(Client, Protocol):
    """A vendor whose product takes an app of ours, which shows there what we keep."""

    async def install_app(self, package: bytes, app_id: str, errand: Errand) -> str:
        """Install it, or put a new version in the place of `app_id`; the app's id there."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """A standing order for deliveries. `healthy` is false where the vendor says it gave up on
    it."""

    id: str
    event: str
    url: str
    healthy: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it arrived: the exact bytes, header names in lower case, and our clock's
    moment."""

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Hint:
    """What one event says may have changed.

    `object` and `key` are empty where the event names nothing we know. `account` is the business,
    realm or company it speaks of. `version` is the least version a read must show to count.
    `side` tells whether the vendor is met as a source or as a target.
    """

    event_id: str
    event_type: str
    account: str = ""
    object: str = ""
    key: str = ""
    version: str = ""
    correlation_id: str = ""
    fact: Literal["", "deleted", "merged"] = ""
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """The vendor's own id of a subscription, and the code by which we confirm it and by which its
    deliveries are proven from then on."""

    subscription: str
    code: str


@dataclass(frozen=True, slots=True)
class Proofs:
    """The secrets a delivery may be proven with (several during a rotation), and how strictly."""

    secrets: Mapping[str, tuple[str, ...]]
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """A person withdrew the app of this client id at this account."""

    client_id: str
    account: str


class Webhooks(Protocol):
    """How a vendor's deliveries are proven and read. Pure."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """Raises Forged."""
        ...

    def read(self, delivery: Delivery) -> list[Hint]:
        """The events in a proven body; an empty list for a probe. Raises Unreadable."""
        ...

    def is_probe(self, delivery: Delivery) -> bool:
        """Whether it is a portal's set-up probe, which is answered 200 even unsigned."""
        ...

    def same_account(self, told: str, account: str) -> bool:
        """Whether the account an event names is this one, in any of the vendor's forms."""
        ...

    def is_whole_key(self, told: str) -> bool:
        """Whether the id an event names is in the form that records carry."""
        ...

    def same_key(self, told: str, key: str) -> bool:
        """Whether the id an event names is this record's, in any of the vendor's forms."""
        ...


@dataclass(frozen=True, slots=True)
class OAuth:
    """The vendor's authorization-code dance.

    `authorize_path` and `token_path` are below the connection's `base_url` or the vendor's
    `auth_base`, or whole addresses (https://…) where the vendor has one for all. `client_auth` says
    where the client's id and secret stand in a token call; `life_days` is how long an idle grant
    lives, 0 where that is not known.
    """

    authorize_path: str
    token_path: str
    scope: str
    client_auth: Literal["form", "basic"]
    pkce: bool
    authorize_extra: Mapping[str, str] = field(default_factory=dict)
    token_body: Literal["form", "json"] = "form"  # noqa: S105 - a form, no secret
    token_extra: Mapping[str, str | int] = field(default_factory=dict)
    """Further fields of every token call. An `expires_in` among them is the life that counts where
    the answer tells none."""
    token_scope: bool = False
    """Whether every token call names the scope."""
    token_headers: Mapping[str, str] = field(default_factory=dict)
    password_grant: bool = False
    """Whether a username and a password may be given instead of a consent."""
    life_days: int = 0
    absolute_days: int = 0
    """Days after which a grant ends however busy it is; 0 where there is no such end."""
    life_keys: tuple[str, ...] = ()
    """Keys of the token answer that tell in how many seconds the grant ends; the nearest counts."""
    account_key: str = ""
    """The parameter of the consent's redirect that names the account (QuickBooks `realmId`)."""
    account_setting: str = ""
    """The connection's setting that names the account; another one at a reconnect is refused."""
    check_client_id: Callable[[str], None] | None = None
    """Raises Mistake where a client id cannot be one of this vendor's."""
    one_live_grant: bool = False
    """Whether a new grant of the same user to the same app ends the earlier one: connections of
    that user then share one grant."""
    https_redirect_only: bool = False
    api_base_key: str = ""
    """The key of the token answer that names the API's base address, where there is one."""
    busy_words: str = ""
    """Words in a refused token answer by which the vendor only asks to wait, whatever the
    status."""
    lapsed_status: int = 0
    """The status by which a refresh is refused because the plan lapsed, where the vendor has
    one."""


@dataclass(frozen=True, slots=True)
class Token:
    """A static token that a person made at the vendor, and how it is presented, `header: value`.

    `secrets` are the names in `connect` of all that it takes, the token itself first; `value`
    makes the header's value of them.
    """

    secrets: tuple[str, ...]
    header: str
    value: Callable[[Mapping[str, str]], str]
    ends_on: date | None = None
    """The day on which the vendor stops taking such tokens at all, where it named one."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Everything the engine must know of a vendor before it makes a client."""

    name: str
    label: str
    api_base: str
    auth_base: str
    hosts: tuple[str, ...]
    sources: tuple[SourceObject, ...]
    targets: tuple[TargetObject, ...]
    settings: tuple[ConnectionSetting, ...]
    secrets: tuple[str, ...]
    oauth: OAuth
    token: Token | None
    """None where the vendor has no static tokens."""
    client: Callable[[Wire, ConnectionFacts], Client]
    limits: Callable[[Mapping[str, str], str, Literal["oauth", "token"]], Limits]
    """From the connection's settings, the scope of its token, and how it authenticates."""
    fault: Callable[[Request, Response, datetime, Mapping[str, str]], Fault | None]
    """What a response means, or None where it is good. Moments are by our clock."""
    reading: Callable[[Response], Reading]
    """What the answer's headers say of the limits."""
    webhooks: Webhooks
    endpoint_of: Literal["connection", "app", "callback"]
    webhook_secrets: Callable[[Chance], dict[str, str]] | None = None
    """Secrets that we choose when we subscribe; None where the vendor's portal gives one."""
    events: tuple[str, ...] = ()
    """What we subscribe to, where we subscribe ourselves."""
    uninstalled: Callable[[Delivery], Uninstalled] | None = None
    """Reads the call by which the vendor tells that. Raises Unreadable."""
    handshake: Callable[[Delivery], Handshake | None] | None = None
    """What a delivery says that introduces a new subscription; None for any other. It proves
    nothing by itself: the code is confirmed at the vendor before it counts."""
    capabilities: Callable[[Mapping[str, str]], frozenset[str]] | None = None
    """What this account can do beyond the common, from the connection's settings."""
    readable_key: Callable[[str, str, str], str] | None = None
    """(account, object, id) → the decoded form of our key, for targets that mind case or signs."""
    base_of: Callable[[Mapping[str, str]], str] | None = None
    """The API's address by the connection's settings, where there are several (sandbox or
    production)."""
    app_package: Callable[[], bytes] | None = None
    """The app that its product takes (see AppClient), as the file that is uploaded."""

    def source(self, name: str) -> SourceObject:
        return next(obj for obj in self.sources if obj.name == name)

    def lister(self, name: str) -> SourceObject:
        """The object in whose listing that one's changes come: another that carries it, or it
        itself."""
        carriers = (obj for obj in self.sources if name in obj.carries)
        return next(carriers, None) or self.source(name)

    def target(self, name: str) -> TargetObject:
        return next(obj for obj in self.targets if obj.name == name)
