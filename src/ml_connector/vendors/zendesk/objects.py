"""The records of Zendesk that we write: organizations, end users, and records of custom objects.

Source: Zendesk's OpenAPI file (OrganizationObject, UserInput, CustomObjectRecord). Fields that
expose tickets or move users are left to the people there (shared_tickets, shared_comments,
group_id, domain_names, role, verified).
"""

from __future__ import annotations

from datetime import timedelta

from ml_connector.core.objects import Costs, Field, TargetObject

PAGE_SIZE = 100
"""Of listings, of `show_many`, and of one job."""

SPACING = timedelta(seconds=15)
"""An organization, and a user, may be written five times a minute ("Rate limits")."""

SETTLE = timedelta(seconds=30)
"""20 s that the client waits for an answer, and 10 s for a write that is still worked on."""

SETTLE_EXPORTED = timedelta(seconds=90)
"""As above, and the last minute, which the incremental exports withhold."""

NO_COSTS = Costs(create=0, update=0, read=0, page=0)
"""Zendesk meters requests a minute, and has no allowance for a day."""

ORGANIZATIONS = TargetObject(
    vendor="zendesk",
    name="organizations",
    label="organization",
    name_field="name",
    fields=(
        Field("name", "text"),
        Field("external_id", "text"),
        Field("details", "text"),
        Field("notes", "text"),
        Field("tags", "object"),
    ),
    key_home="field",
    key_field="external_id",
    key_form="readable",
    costs=NO_COSTS,
    settle=SETTLE_EXPORTED,
    spacing=SPACING,
    read_batch=PAGE_SIZE,
    bulk=PAGE_SIZE,
    shared=True,
)

USERS = TargetObject(
    vendor="zendesk",
    name="users",
    label="end user",
    name_field="name",
    fields=(
        Field("name", "text"),
        Field("email", "text"),
        Field("external_id", "text"),
        Field("organization_id", "reference"),
        Field("phone", "text"),
        Field("details", "text"),
        Field("notes", "text"),
        Field("tags", "object"),
    ),
    key_home="field",
    key_field="external_id",
    key_form="readable",
    costs=Costs(0, 0, 0, 0, update_calls=2),  # is it one of the staff by now?
    settle=SETTLE_EXPORTED,
    spacing=SPACING,
    read_batch=PAGE_SIZE,
    shared=True,
    parent_field="organization_id",
)


def record_object(key: str, label: str) -> TargetObject:
    """The records of one custom object; its own fields are custom fields, known by their keys."""
    return TargetObject(
        vendor="zendesk",
        name=key,
        label=label,
        name_field="name",
        fields=(Field("name", "text"), Field("external_id", "text")),
        key_home="field",
        key_field="external_id",
        key_form="readable",
        costs=NO_COSTS,
        settle=SETTLE,
        read_batch=PAGE_SIZE,
        bulk=PAGE_SIZE,
    )


INVOICES = record_object("wave_invoice", "invoice record")
PAYMENTS = record_object("wave_payment", "payment record")

TARGETS = (ORGANIZATIONS, USERS, INVOICES, PAYMENTS)
