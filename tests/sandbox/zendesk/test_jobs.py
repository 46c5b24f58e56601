"""Bulk jobs: they take time, tell each item's outcome, and thirty may run (sheet, 6)."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench

MANY = "/organizations/create_many"


def named(*names: str) -> dict[str, Any]:
    return {"organizations": [{"name": name} for name in names]}


async def test_a_job_from_start_to_end(desk: Bench) -> None:
    names = [f"Bulk {number}" for number in range(10)]
    reply = await desk.call("POST", MANY, named(*names))
    job = reply.body["job_status"]
    assert reply.status == 200
    assert job["id"].startswith("V3-")
    assert len(job["id"]) == 35
    assert {k: job[k] for k in ("status", "progress", "message", "results", "total")} == {
        "status": "queued",
        "progress": None,
        "message": None,
        "results": None,
        "total": 10,
    }
    path = f"/job_statuses/{job['id']}"
    await desk.sandbox.advance(1)
    working = (await desk.ok("GET", path))["job_status"]
    assert (working["status"], working["progress"]) == ("working", 3)
    assert working["message"] == "Creating organization #4"
    await desk.sandbox.advance(1)
    done = (await desk.ok("GET", path))["job_status"]
    assert (done["status"], done["progress"]) == ("completed", 10)
    assert done["message"] == "Completed at 2026-05-04 09:00:02 +0000"
    assert [r["index"] for r in done["results"]] == list(range(10))
    assert all(r["status"] == "Created" for r in done["results"])
    shown = await desk.ok("GET", f"/organizations/{done['results'][9]['id']}")
    assert shown["organization"]["name"] == "Bulk 9"


async def test_completed_does_not_mean_that_every_item_succeeded(desk: Bench) -> None:
    await desk.organization("Taken")
    job = await desk.finished(await desk.ok("POST", MANY, named("Fresh", "Taken", "Fresh")))
    assert job["status"] == "completed"
    assert [r.get("error") for r in job["results"]] == [
        None,
        "OrganizationCreateFailed",
        "OrganizationCreateFailed",
    ]
    assert job["results"][1]["details"] == "Name:  Taken has already been taken"


async def test_update_many_in_both_forms_and_destroy_many(desk: Bench) -> None:
    one = await desk.organization("One", external_id="a")
    two = await desk.organization("Two", external_id="b")
    same = {"organization": {"notes": "Priority"}}
    query = f"?ids={one['id']},{two['id']},77"
    job = await desk.finished(await desk.ok("PUT", f"/organizations/update_many{query}", same))
    assert job["results"][0] == {
        "index": 0,
        "action": "update",
        "id": one["id"],
        "status": "Updated",
        "success": True,
    }
    assert job["results"][2]["error"] == "OrganizationUpdateFailed"
    batch = {"organizations": [{"id": one["id"], "name": "Two"}, {"id": two["id"], "notes": "N"}]}
    job = await desk.finished(await desk.ok("PUT", "/organizations/update_many", batch))
    assert job["results"][0]["details"] == "Name:  Two has already been taken"
    gone = "/organizations/destroy_many?external_ids=A,zz"
    job = await desk.finished(await desk.ok("DELETE", gone))
    assert [r.get("error") for r in job["results"]] == [None, "OrganizationDeleteFailed"]
    assert (await desk.call("GET", f"/organizations/{one['id']}")).status == 404


async def test_a_hundred_items_at_most(desk: Bench) -> None:
    refused = await desk.call("POST", MANY, named(*map(str, range(101))))
    assert refused.status == 400
    assert refused.body["max_count"] == 100
    assert (await desk.call("POST", MANY, {"organizations": []})).status == 400


async def test_thirty_jobs_at_a_time(desk: Bench) -> None:
    for number in range(30):
        reply = await desk.call("POST", MANY, named(f"Job {number}"))
        assert reply.headers["zendesk-ratelimit-inflight-jobs"] == (
            f"total=30; remaining={29 - number}; resets=60"
        )
    refused = await desk.call("POST", MANY, named("one more"))
    assert (refused.status, refused.body["error"]) == (429, "TooManyJobs")
    assert len(refused.body["current_job_ids"]) == 30
    assert int(refused.headers["retry-after"]) > 0
    await desk.switch(too_many_jobs_status=422)
    assert (await desk.call("POST", MANY, named("one more"))).status == 422
    await desk.sandbox.advance(2)
    assert (await desk.call("POST", MANY, named("one more"))).status == 200
    listed = (await desk.ok("GET", "/job_statuses", page_size=100))["job_statuses"]
    assert len(listed) == 31


@pytest.mark.parametrize("ends", ["failed", "killed"])
async def test_a_job_that_breaks_off_has_done_half(desk: Bench, ends: str) -> None:
    await desk.switch(job_ends=ends)
    job = await desk.finished(await desk.ok("POST", MANY, named("A1", "A2", "A3", "A4")))
    assert (job["status"], len(job["results"])) == (ends, 2)
    assert (await desk.ok("GET", "/organizations/search", name="A3"))["count"] == 0
    assert (await desk.ok("GET", "/organizations/search", name="A2"))["count"] == 1


async def test_how_many_and_how_long_by_switch(desk: Bench) -> None:
    await desk.switch(job_seconds=60, jobs_in_flight=1)
    await desk.ok("POST", MANY, named("A"))
    assert (await desk.call("POST", MANY, named("B"))).status == 429
    await desk.sandbox.advance(59)
    assert (await desk.ok("GET", "/organizations/search", name="A"))["count"] == 0
    await desk.sandbox.advance(1)
    assert (await desk.ok("GET", "/organizations/search", name="A"))["count"] == 1


async def test_items_fail_of_themselves_by_switch(desk: Bench) -> None:
    await desk.switch(job_item_fails_every=2)
    job = await desk.finished(await desk.ok("POST", MANY, named("A", "B", "C")))
    assert [r.get("details") for r in job["results"]] == [None, "Internal error", None]


async def test_a_finished_job_can_be_read_for_an_hour(desk: Bench) -> None:
    job = await desk.finished(await desk.ok("POST", MANY, named("A")))
    many = await desk.ok("GET", "/job_statuses/show_many", ids=f"{job['id']},V3-no")
    assert [j["id"] for j in many["job_statuses"]] == [job["id"]]
    await desk.sandbox.advance(3601)
    assert (await desk.call("GET", f"/job_statuses/{job['id']}")).status == 404
