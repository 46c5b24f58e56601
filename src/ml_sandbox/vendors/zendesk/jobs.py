"""A job does up to a hundred things in the background, one by one as time passes (sheet, 6).

A completed job has not done every item: each tells its own outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .account import Account
from .clocktext import job_stamp
from .errors import Invalid, Refusal, not_found
from .tables import Record

KEPT_SECONDS = 3600.0
MOST_ITEMS = 100
#: The share of a job's time that it spends in the queue.
_QUEUED_SHARE = 0.25

Work = Callable[[Any], Record]


@dataclass
class Job:
    """`work(item)` does one item and gives its result; a refusal of it becomes a failed result."""

    id: str
    kind: str
    noun: str
    verb: str
    items: Sequence[Any]
    work: Work
    begun: datetime
    results: list[Record] = field(default_factory=list)
    status: str = "queued"
    ended: datetime | None = None


class Jobs:
    def __init__(self, account: Account) -> None:
        self.account = account
        self._jobs: dict[str, Job] = {}

    def queue(self, kind: str, noun: str, verb: str, items: Sequence[Any], work: Work) -> Record:
        """A new job as its first answer shows it. Raises TooManyJobs beyond thirty.

        `kind` is the job_type, `noun` and `verb` make messages such as `Creating organization #3`.
        """
        running = self.in_flight()
        if len(running) >= int(self.account.switch("jobs_in_flight")):
            raise self._too_many(kind, running)
        job_id = self.account.ids.job()
        job = Job(job_id, kind, noun, verb, list(items), work, self.account.now())
        self._jobs[job_id] = job
        return self.shown(job)

    def in_flight(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.ended is None]

    def _too_many(self, kind: str, running: list[Job]) -> Refusal:
        body = {
            "error": "TooManyJobs",
            "description": f"Too many {kind} jobs are currently queued or running. "
            "Try again later.",
            "current_job_ids": [job.id for job in running],
        }
        status = int(self.account.switch("too_many_jobs_status"))
        return Refusal(status, body, {"retry-after": "10"} if status == 429 else {})

    def settle(self) -> None:
        """Does what is due by now; forgets what ended an hour ago."""
        now = self.account.now()
        for job in list(self._jobs.values()):
            if job.ended is None:
                self._advance(job, now)
            elif (now - job.ended).total_seconds() > KEPT_SECONDS:
                del self._jobs[job.id]

    def _advance(self, job: Job, now: datetime) -> None:
        whole = max(0.0, float(self.account.switch("job_seconds")))
        age = (now - job.begun).total_seconds()
        queued = whole * _QUEUED_SHARE
        if age < queued:
            return
        job.status = "working"
        share = 1.0 if age >= whole else (age - queued) / max(whole - queued, 1e-9)
        ends = str(self.account.switch("job_ends"))
        due = int(len(job.items) * share)
        if ends != "completed":
            due = min(due, len(job.items) // 2)
        while len(job.results) < due:
            job.results.append(self._done(job, len(job.results)))
        if age >= whole:
            job.status, job.ended = ends, now

    def _done(self, job: Job, index: int) -> Record:
        """The result of one item."""
        every = int(self.account.switch("job_item_fails_every"))
        item = job.items[index]
        name = "".join(part.capitalize() for part in job.noun.split("_"))
        failed = {"index": index, "error": f"{name}{job.verb.capitalize()}Failed"}
        if every and (index + 1) % every == 0:
            return {**failed, **_named(item), "details": "Internal error"}
        try:
            return {"index": index, **job.work(item)}
        except Invalid as invalid:
            return {**failed, **_named(item), "details": invalid.first}
        except Refusal as refusal:
            return {**failed, **_named(item), "details": _sentence(refusal)}

    def find(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise not_found()
        return self._jobs[job_id]

    def listed(self) -> list[Job]:
        return sorted(self._jobs.values(), key=lambda job: job.begun, reverse=True)

    def shown(self, job: Job) -> Record:
        done = job.ended is not None
        message = None
        if job.status == "working":
            message = f"{_ING[job.verb]} {job.noun} #{len(job.results) + 1}"
        elif job.status == "completed" and job.ended is not None:
            message = f"Completed at {job_stamp(job.ended)}"
        elif done:
            message = "Job was killed" if job.status == "killed" else "Job failed"
        return {
            "id": job.id,
            "url": self.account.url("job_statuses", job.id),
            "job_type": job.kind,
            "total": len(job.items),
            "progress": None if job.status == "queued" else len(job.results),
            "status": job.status,
            "message": message,
            "results": list(job.results) if done else None,
        }


_ING = {"create": "Creating", "update": "Updating", "delete": "Deleting", "upsert": "Updating"}


def _named(item: Any) -> Record:
    """What a failed result tells of its item."""
    if isinstance(item, dict):
        return {key: item[key] for key in ("id", "external_id") if key in item}
    return {"id": item}


def _sentence(refusal: Refusal) -> str:
    body = refusal.body
    if isinstance(body, dict):
        if "errors" in body:
            return str(body["errors"][0]["title"])
        if isinstance(body.get("error"), dict):
            return str(body["error"]["message"])
        return str(body.get("description") or body.get("error"))
    return str(body)
