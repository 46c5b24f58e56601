"""Jobs make up to a hundred records with one call; Zendesk is asked how far it is with them.

A completed job has not made every record: each has an outcome of its own. Source: "Job Statuses"
and "Custom Object Record Bulk Jobs" in Zendesk's developer pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml_connector.core.faults import Fault, Refused, UnknownOutcome
from ml_connector.core.objects import id_of
from ml_connector.core.wire import Errand
from ml_connector.vendors.zendesk.api import ORGANIZATION, Api, Json, Place, quoted

LOOK_SECONDS = 10.0
"""A job of a hundred takes some seconds, and each look counts among the requests of the minute."""

MOST_LOOKS = 60
"""Ten minutes; what is not done by then may still be."""


class Jobs:
    """Runs jobs of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(
        self, place: Place, key: str, bodies: Sequence[Json], errand: Errand
    ) -> list[str | Fault]:
        """The id of each record made, or why it was not, in the order given.

        `key` is that of the custom object. Raises UnknownOutcome where nobody knows what was made.
        """
        json: dict[str, Any]
        if place is ORGANIZATION:
            path, json = f"{place.path}/create_many", {place.many: list(bodies)}
        else:
            job = {"action": "create_or_update_by_external_id", "items": list(bodies)}
            path, json = f"/custom_objects/{quoted(key)}/jobs", {"job": job}
        begun = (await self._api.send("POST", path, errand, json=json)).get("job_status") or {}
        results = await self._results(str(begun.get("id") or ""), errand)
        told = {int(r.get("index", i)): r for i, r in enumerate(results)}
        return [_outcome(told.get(i)) for i in range(len(bodies))]

    async def _results(self, id: str, errand: Errand) -> list[Json]:
        if not id:
            raise UnknownOutcome("Zendesk's answer names no job.")
        path = f"/job_statuses/{quoted(id)}"
        for _ in range(MOST_LOOKS):
            body = await self._api.send("GET", path, errand, after_seconds=LOOK_SECONDS)
            status: Mapping[str, Any] = body.get("job_status") or {}
            if status.get("status") == "completed":
                return list(status.get("results") or ())
            if status.get("status") in ("failed", "killed"):
                raise UnknownOutcome(f"Zendesk's job ended as {status['status']}.")
        raise UnknownOutcome("Zendesk's job did not end in time.")


def _outcome(result: Json | None) -> str | Fault:
    if result is None:
        return UnknownOutcome("Zendesk's job says nothing of this record.")
    if result.get("error") or result.get("success") is False or not result.get("id"):
        details = result.get("details") or result.get("error") or "no reason"
        return Refused(f"Zendesk says: {details}.")
    return id_of(result["id"])
