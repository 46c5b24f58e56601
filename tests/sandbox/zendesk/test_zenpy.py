"""A client that knows nothing of us walks the sandbox: zenpy from PyPI, over a real socket.

It is led to the loopback address by its own environment variables; it has no word for OAuth's token
address, nor for custom objects, which other tests ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from zenpy import Zenpy  # type: ignore[import-untyped]  # it brings no types
from zenpy.lib.api_objects import (  # type: ignore[import-untyped]  # it brings no types
    Comment,
    Identity,
    Organization,
    OrganizationField,
    OrganizationMembership,
    Ticket,
    User,
    Webhook,
)
from zenpy.lib.exception import (  # type: ignore[import-untyped]  # it brings no types
    APIException,
    RatelimitBudgetExceeded,
    RecordNotFoundException,
    TooManyValuesException,
)

from tests.support.sandbox import SandboxProcess

BACK = "http://127.0.0.1:9/back"
DAY = 86_400


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("--seed", "5", "--customers", "40", "--invoices", "120") as running:
        running.control("PATCH", "switches", {"zendesk.index_lag_seconds": 0.0})
        yield running


def consented(process: SandboxProcess) -> str:
    """An access token, by consent, exchange and refresh."""
    ready = process.ready["vendors"]["zendesk"]
    keys = ready["credentials"]
    asked = {
        "response_type": "code",
        "client_id": keys["client_id"],
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "s",
    }
    back = process.call("GET", f"{ready['auth_url']}?{urlencode(asked)}")
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    client = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    body = {**client, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    granted = process.call("POST", ready["token_url"], body)
    body = {
        **client,
        "grant_type": "refresh_token",
        "refresh_token": granted.body["refresh_token"],
        "expires_in": 172_000,
    }
    refreshed = process.call("POST", ready["token_url"], body)
    assert (refreshed.status, refreshed.body["expires_in"]) == (200, 172_000)
    return str(refreshed.body["access_token"])


@pytest.fixture(scope="module")
def token(process: SandboxProcess) -> str:
    return consented(process)


@pytest.fixture
def client(process: SandboxProcess, token: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client at the vendor's prefix, with the limits off."""
    base = urlsplit(process.ready["vendors"]["zendesk"]["base_url"])
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", base.scheme)
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", base.netloc + base.path)
    process.control("PATCH", "switches", {"zendesk.rate_limits": False})
    made = Zenpy(subdomain="sandbox", oauth_token=token, disable_cache=True, ratelimit_budget=5)
    yield made
    made.users.session.close()


def test_who_am_i_by_both_ways_in(process: SandboxProcess, client: Any) -> None:
    keys = process.ready["vendors"]["zendesk"]["credentials"]
    assert client.users.me().email == keys["username"]
    old = Zenpy(subdomain="sandbox", email=keys["username"], token=keys["api_token"])
    assert old.users.me().role == "admin"
    stranger = Zenpy(subdomain="sandbox", oauth_token="no")
    with pytest.raises(APIException) as refused:
        stranger.users.me()
    assert refused.value.response.status_code == 401
    for each in (old, stranger):
        each.users.session.close()


def test_it_turns_pages(process: SandboxProcess, client: Any) -> None:
    names = [organization.name for organization in client.organizations()]
    assert len(names) == len(process.control("GET", "zendesk/organizations"))
    client.organizations.create([Organization(name=f"Paged {n:03d}") for n in range(100)])
    process.advance(5)
    listed = list(client.organizations())
    assert len(listed) == len(names) + 100
    assert len({organization.id for organization in listed}) == len(listed)
    users = list(client.users())
    living = [u for u in process.control("GET", "zendesk/users") if not u["deleted_at"]]
    assert len(users) == len(living)


def test_organizations_from_birth_to_death(client: Any) -> None:
    made = client.organizations.create(
        Organization(name="Zoë & Söhne, GmbH", external_id="w:1", organization_fields={"vip": True})
    )
    assert isinstance(made, Organization)
    assert made.organization_fields["vip"] is True
    same = client.organizations.create_or_update(
        Organization(name="Zoë GmbH", external_id="W:1", notes="n")
    )
    assert (same.id, same.name, same.notes) == (made.id, "Zoë GmbH", "n")
    same.details = "12 Quay St"
    changed = client.organizations.update(same)
    assert changed.details == "12 Quay St"
    assert client.organizations(id=made.id).details == "12 Quay St"
    assert list(client.organizations.external("no such")) == []
    with pytest.raises(APIException) as clash:
        client.organizations.create(Organization(name="zoë gmbh"))
    assert "DuplicateValue" in str(clash.value)
    client.organizations.add_tags(made.id, ["a"])
    assert client.organizations.tags(made.id)
    client.organizations.delete(changed)
    with pytest.raises(RecordNotFoundException):
        client.organizations(id=made.id)


def test_users_identities_and_memberships(client: Any) -> None:
    organization = client.organizations.create(Organization(name="Acme"))
    user = client.users.create_or_update(
        User(name="Pat", email="pat@acme.example", skip_verify_email=True)
    )
    again = client.users.create_or_update(User(name="Pat Doe", email="pat@acme.example"))
    assert (again.id, again.name) == (user.id, "Pat Doe")
    member = client.organization_memberships.create(
        OrganizationMembership(user_id=user.id, organization_id=organization.id)
    )
    assert member.default is True
    assert [u.id for u in client.organizations.users(organization.id)] == [user.id]
    client.users.identities.create(user.id, Identity(type="email", value="second@acme.example"))
    values = [identity.value for identity in client.users.identities(id=user.id)]
    assert values == ["pat@acme.example", "second@acme.example"]
    found = list(client.users.search(query="second@acme.example email:pat@acme.example"))
    assert found == []
    assert [u.id for u in client.users.search(query="email:pat@acme.example")] == [user.id]
    other = client.users.create(User(name="Sam"))
    assert client.users.merge(other, user).id == user.id
    assert client.users.delete(user).active is False
    assert client.users(id=user.id).active is False


def test_bulk_calls_are_jobs(process: SandboxProcess, client: Any) -> None:
    job = client.organizations.create([Organization(name="Bulk A"), Organization(name="Bulk A")])
    assert job.status == "queued"
    process.advance(5)
    done = client.job_status(id=job.id)
    assert done.status == "completed"
    assert [getattr(result, "error", None) for result in done.results] == [
        None,
        "OrganizationCreateFailed",
    ]
    with pytest.raises(TooManyValuesException):
        client.users.update([User(id=1, name=str(number)) for number in range(101)])
    with pytest.raises(APIException) as refused:
        client.users.create([User(name="A"), User(name="B")])
    assert refused.value.response.status_code == 403


def test_fields(client: Any) -> None:
    made = client.organization_fields.create(
        OrganizationField(key="wave_customer_id", type="text", title="Wave customer")
    )
    assert isinstance(made, OrganizationField)
    assert made.key in [field.key for field in client.organization_fields()]
    organization = client.organizations.create(
        Organization(name="With a field", organization_fields={"wave_customer_id": "7"})
    )
    assert organization.organization_fields["wave_customer_id"] == "7"
    client.organization_fields.delete(made)
    fresh = client.organizations(id=organization.id)
    assert "wave_customer_id" not in fresh.organization_fields


def test_exports_and_searches(process: SandboxProcess, client: Any) -> None:
    made = client.organizations.create(Organization(name="Exported"))
    process.advance(120)
    exported = [organization.id for organization in client.organizations.incremental(1)]
    assert exported[-1] == made.id
    users = list(client.users.incremental(start_time=1, per_page=5))
    assert len(users) == len(process.control("GET", "zendesk/users"))
    assert [o.id for o in client.search("exported", type="organization")] == [made.id]
    with pytest.raises(APIException):
        client.search_export("exported", type="organization")
    # The client repeats the type in the query; whether Zendesk minds is not known for certain.
    process.control("PATCH", "switches", {"zendesk.export_type_in_query": True})
    exported = [o.id for o in client.search_export("exported", type="organization")]
    assert exported == [made.id]


def test_tickets_and_webhooks(client: Any) -> None:
    audit = client.tickets.create(Ticket(subject="S", comment=Comment(body="b", public=False)))
    ticket = getattr(audit, "ticket", audit)
    assert [c.public for c in client.tickets.comments(ticket.id)] == [False]
    hook = client.webhooks.create(
        Webhook(
            name="ours",
            endpoint="http://127.0.0.1:9/hook",
            http_method="POST",
            request_format="json",
            status="active",
            subscriptions=["zen:event-type:organization.created"],
        )
    )
    assert client.webhooks.show_secret(hook).secret
    assert [one.name for one in client.webhooks.list()] == ["ours"]
    client.webhooks.delete(hook)


def test_it_heeds_the_limits(process: SandboxProcess, client: Any) -> None:
    organization = client.organizations.create(Organization(name="Limited"))
    process.control("PATCH", "switches", {"zendesk.rate_limits": True})
    for number in range(5):
        organization.notes = str(number)
        organization = client.organizations.update(organization)
    impatient = Zenpy(subdomain="sandbox", oauth_token=_token(client), ratelimit_budget=1)
    organization.notes = "too much"
    with pytest.raises(RatelimitBudgetExceeded):
        impatient.organizations.update(organization)
    impatient.users.session.close()
    process.advance(60)
    assert client.organizations.update(organization).notes == "too much"


def _token(client: Any) -> str:
    return str(client.users.session.headers["Authorization"].removeprefix("Bearer "))


def test_it_meets_a_server_in_trouble(process: SandboxProcess, client: Any) -> None:
    rule = {"vendor": "zendesk", "operation": "GET /api/v2/users/me", "kind": "status"}
    process.order({**rule, "status": 503, "times": 1}, {**rule, "status": 500, "times": 1})
    for status in (503, 500):
        with pytest.raises(Exception, match=str(status)):
            client.users.me()
    assert client.users.me().id


def test_a_token_that_has_died(process: SandboxProcess, client: Any) -> None:
    process.advance(2 * DAY)
    with pytest.raises(APIException) as refused:
        client.users.me()
    assert "invalid_token" in str(refused.value)
