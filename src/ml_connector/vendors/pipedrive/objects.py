"""The records of Pipedrive that we write, each with the fields of API v2 that may be written.

Source: Pipedrive's OpenAPI file v2 (requests of POST and PATCH). Fields that only an account with
contact sync takes (postal_address, notes, im, birthday, job_title of persons) are left out, since
Pipedrive refuses the whole request elsewhere; so is is_deleted, which PATCH is said to ignore, and
an activity's person_id, which is read-only: a person is linked through `participants`.
"""

from __future__ import annotations

from datetime import timedelta

from ml_connector.core.objects import Costs, Field, TargetObject

LONGEST_TEXT = 255
READ_BATCH = 100
"""As many as `ids=` takes."""

SETTLE = timedelta(seconds=30)
"""20 s that the client waits for an answer, and 10 s for a write that Pipedrive still works on."""

COSTS = Costs(create=5, update=5, read=1, page=10)
"""Tokens of the daily budget, the same for all of them (x-token-cost of the OpenAPI file)."""

_OWNED = (
    Field("owner_id", "reference"),
    Field("visible_to", "number"),
    Field("label_ids", "object"),
)

ORGANIZATIONS = TargetObject(
    vendor="pipedrive",
    name="organizations",
    label="organization",
    name_field="name",
    fields=(
        Field("name", "text", max_length=LONGEST_TEXT),
        Field("add_time", "instant"),  # taken by POST only
        Field("address", "object"),
        Field("website", "text"),
        Field("linkedin", "text"),
        Field("industry", "number"),
        Field("annual_revenue", "number"),
        Field("employee_count", "number"),
        *_OWNED,
    ),
    key_home="custom_field",
    costs=COSTS,
    settle=SETTLE,
    read_batch=READ_BATCH,
    shared=True,
    likeness_of=("persons",),  # an organization has no e-mail of its own
)

PERSONS = TargetObject(
    vendor="pipedrive",
    name="persons",
    label="person",
    name_field="name",
    fields=(
        Field("name", "text", max_length=LONGEST_TEXT),
        Field("org_id", "reference"),
        Field("add_time", "instant"),  # taken by POST only
        Field("emails", "object"),
        Field("phones", "object"),
        Field("marketing_status", "text"),
        *_OWNED,
    ),
    key_home="custom_field",
    costs=COSTS,
    settle=SETTLE,
    read_batch=READ_BATCH,
    shared=True,
    parent_field="org_id",
)

DEALS = TargetObject(
    vendor="pipedrive",
    name="deals",
    label="deal",
    name_field="title",
    fields=(
        Field("title", "text", max_length=LONGEST_TEXT),
        Field("value", "number"),
        Field("currency", "text", vocabulary="currencies"),
        Field("org_id", "reference"),
        Field("person_id", "reference"),
        Field("pipeline_id", "setup", setup="pipeline"),
        Field("stage_id", "setup", setup="stage"),
        Field("status", "text"),
        Field("won_time", "instant"),
        Field("lost_time", "instant"),
        Field("close_time", "instant"),
        Field("lost_reason", "text"),
        Field("probability", "number"),
        Field("expected_close_date", "date"),
        Field("is_archived", "flag"),
        Field("archive_time", "instant"),
        *_OWNED,
    ),
    key_home="custom_field",
    costs=COSTS,
    settle=SETTLE,
    read_batch=READ_BATCH,
)

ACTIVITIES = TargetObject(
    vendor="pipedrive",
    name="activities",
    label="activity",
    name_field="subject",
    fields=(
        Field("subject", "text", max_length=LONGEST_TEXT),
        Field("type", "text"),
        Field("owner_id", "reference"),
        Field("deal_id", "reference"),
        Field("org_id", "reference"),
        Field("project_id", "reference"),
        Field("lead_id", "text"),
        Field("due_date", "date"),
        Field("due_time", "text"),
        Field("duration", "text"),
        Field("busy", "flag"),
        Field("done", "flag"),
        Field("priority", "number"),
        Field("location", "object"),
        Field("participants", "object"),
        Field("attendees", "object"),
        Field("public_description", "text"),
        Field("note", "text"),
    ),
    key_home="note",
    costs=COSTS,
    settle=SETTLE,
    read_batch=READ_BATCH,
    note_field="note",
)

PRODUCTS = TargetObject(
    vendor="pipedrive",
    name="products",
    label="product",
    name_field="name",
    fields=(
        Field("name", "text", max_length=LONGEST_TEXT),
        Field("code", "text"),
        Field("description", "text"),
        Field("unit", "text"),
        Field("tax", "number"),
        Field("is_linkable", "flag"),
        Field("prices", "object"),  # one of each currency: [{"currency", "price"}]
        Field("owner_id", "reference"),
        Field("visible_to", "number"),
    ),
    key_home="custom_field",
    costs=COSTS,
    settle=SETTLE,
    read_batch=READ_BATCH,
    shared=True,
)

TARGETS = (ORGANIZATIONS, PERSONS, DEALS, ACTIVITIES, PRODUCTS)
