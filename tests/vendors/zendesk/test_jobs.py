"""Jobs: many records with one call, each with an outcome of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import Refused, UnknownOutcome
from ml_connector.core.objects import TargetRecord
from ml_connector.core.values import Values
from ml_connector.vendors.zendesk import INVOICES, ORGANIZATIONS
from ml_connector.vendors.zendesk.jobs import LOOK_SECONDS
from tests.vendors.zendesk.given import (
    Script,
    answered,
    bench,
    organization,
)

SINCE = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NOT_FOUND = answered({"error": "RecordNotFound", "description": "Not found"}, 404)
ORG_KEY = "wave:b:c:7"


async def test_a_job_tells_of_each_record_by_itself() -> None:
    ended = {
        "status": "completed",
        "results": [
            {"index": 2, "error": "OrganizationCreateFailed", "details": "Name:  X is taken"},
            {"index": 0, "id": 7, "status": "Created"},
        ],
    }
    looks = [{"job_status": {"id": "V3-1", "status": "working"}}, {"job_status": ended}]
    script = Script(
        {
            "POST /organizations/create_many": {"job_status": {"id": "V3-1", "status": "queued"}},
            "GET /job_statuses/V3-1": looks,
            "GET /organizations/show_many": {"organizations": [organization(7)]},
        }
    )
    on = bench(script)
    writes: list[Values] = [{"name": name} for name in "abc"]
    made = await on.clock.run(on.client.create_many(ORGANIZATIONS, writes, on.errand))
    assert script.body(0) == {"organizations": writes}
    assert isinstance(made[0], TargetRecord)
    assert made[0].id == "7"
    assert isinstance(made[1], UnknownOutcome)
    assert isinstance(made[2], Refused)
    assert on.clock.monotonic() == 2 * LOOK_SECONDS


@pytest.mark.parametrize("status", ["failed", "killed", "working"])
async def test_a_job_that_does_not_complete_is_an_unknown_outcome(status: str) -> None:
    job = {"job_status": {"id": "V3-1", "status": status}}
    path = "/custom_objects/wave_invoice/jobs"
    on = bench(Script({f"POST {path}": job, "GET /job_statuses/V3-1": job}))
    with pytest.raises(UnknownOutcome):
        await on.clock.run(on.client.create_many(INVOICES, [{"name": "x"}], on.errand))
