"""Plan, sync and what is asked about them afterwards, as one person's morning against a sandbox."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.support.connected import FLOW, connect_both
from tests.support.program import Program
from tests.support.sandbox import SandboxProcess

ROUTES = ["customers", "contacts", "invoices", "activities"]
COUNTS = {"create", "update", "unchanged", "review", "refused", "gone", "failed", "waiting"}
AUDIT_KEYS = {
    "at", "run", "job", "flow", "version", "route", "source_key", "target_id", "decision",
    "reason", "state", "source", "event_id", "correlation_id", "attempt", "changes", "requests",
}  # fmt: skip


def check_summary(told: dict[str, Any]) -> None:
    assert set(told) >= {"flow", "run", "routes", "writes", "setup_writes", "calls", "tokens"}
    assert [route["route"] for route in told["routes"]] == ROUTES
    for route in told["routes"]:
        assert set(route) >= {"route", "found"} | COUNTS
        assert route["found"] == sum(route[name] for name in COUNTS)


def total(told: dict[str, Any], name: str) -> int:
    return sum(route[name] for route in told["routes"])


@pytest.fixture
def home(program: Program, sandbox: SandboxProcess) -> Program:
    sandbox.control("POST", "reset", {"seed": 7, "customers": 6, "invoices": 9})
    connect_both(program, sandbox)
    return program


def creates(sandbox: SandboxProcess) -> Any:
    return sandbox.control("GET", "counters")["creates"]


def test_a_plan_a_sync_and_what_became_of_it(home: Program, sandbox: SandboxProcess) -> None:
    planned = home.json("plan", FLOW)
    check_summary(planned)
    assert planned["effects"]
    assert total(planned, "create") > 0
    before = creates(sandbox)

    refused = home.json("sync", FLOW, expect=3)
    assert "--yes" in refused["error"]
    assert creates(sandbox) == before

    done = home.json("sync", FLOW, "--yes", expect=1)
    check_summary(done)
    same = ("writes", "setup_writes", "calls", "tokens")
    assert {name: done[name] for name in same} == {name: planned[name] for name in same}
    assert [r | {"run": 0} for r in done["routes"]] == [r | {"run": 0} for r in planned["routes"]]

    again = home.json("sync", FLOW)
    check_summary(again)
    assert again["writes"] == again["setup_writes"] == 0

    check_status(home)
    check_audit(home)
    check_why(home)
    check_reviews(home)


def check_status(home: Program) -> None:
    status = home.json("status")
    (flow,) = status["flows"]
    assert set(flow) >= {"name", "state", "waiting", "review", "oldest_waiting_s", "waits_for"}
    assert (flow["name"], flow["state"]) == (FLOW, "active")
    assert flow["review"] > 0
    assert flow["waiting"] == sum(flow["waits_for"].values())
    assert set(flow["waits_for"]) == {"order"}
    budgets = {row["name"]: row["budget"] for row in status["connections"]}
    assert set(budgets) == {"books", "crm"}
    assert budgets["books"] is None  # Wave meters no day
    crm = budgets["crm"]
    assert 0 < crm["spent"] < crm["forecast"] <= crm["ours"] <= crm["limit"]
    told = home("status").out
    assert "for the record that must be there first" in told
    assert f"{flow['review']} for review" in told


def check_audit(home: Program) -> None:
    rows = home.json("audit", "--flow", FLOW, "--decision", "create", "--limit", "3")
    assert len(rows) == 3
    assert all(set(row) == AUDIT_KEYS for row in rows)
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    (one,) = home.json("audit", "--record", f"{rows[0]['route']}:{rows[0]['source_key']}")
    assert one == rows[0]
    assert home.json("audit", "--until", "2000-01-01") == []
    table = list(csv.DictReader(io.StringIO(home("audit", "--csv", "--limit", "2").out)))
    assert len(table) == 2
    assert set(table[0]) == AUDIT_KEYS


def check_why(home: Program) -> None:
    (row,) = home.json("audit", "--decision", "create", "--limit", "1")
    told = home.json("why", FLOW, f"{row['route']}:{row['source_key']}")
    assert set(told) >= {"flow", "record", "link", "events", "decisions"}
    assert told["link"]["target_id"] == row["target_id"]
    assert told["decisions"][0]["decision"] == "create"
    said = home("why", FLOW, f"{row['route']}:{row['source_key']}").out
    assert "create (done, by poll)" in said
    assert "POST" in said
    check_why_by_number(home)
    assert "No record" in home("why", FLOW, "nothing-like-it", expect=2).err


def check_why_by_number(home: Program) -> None:
    """An invoice's number names it within its route; alone it may be another record's id."""
    made = home.json("audit", "--decision", "create", "--limit", "99")
    invoice = next(row for row in made if row["route"] == "invoices")
    number = invoice["changes"]["Invoice number"]["after"]
    told = home.json("why", FLOW, f"invoices:{number}")
    assert told["record"] == f"invoices:{invoice['source_key']}"


def check_reviews(home: Program) -> None:
    listed = home.json("review", "list")
    assert all(
        set(row) >= {"id", "flow", "route", "source_key", "reason", "candidates"} for row in listed
    )
    assert home.json("review") == listed
    first = next(row for row in listed if row["candidates"])
    told = home("review").out
    assert first["id"] in told
    assert first["reason"] in told
    done = home.json("review", "resolve", first["id"], "--create")
    check_summary(done)
    left = home.json("review", "list")
    assert [row["id"] for row in left] == [r["id"] for r in listed if r["id"] != first["id"]]
    after = home.json("why", FLOW, f"{first['route']}:{first['source_key']}")
    assert after["decisions"][0]["source"] == "person"
    assert after["link"] is not None


def test_a_first_bite_a_pause_and_a_replay(home: Program, sandbox: SandboxProcess) -> None:
    bite = home.json("sync", FLOW, "--limit", "1", "--yes", expect=0)
    assert all(route["found"] <= 2 for route in bite["routes"])
    assert 0 < bite["writes"] <= 8

    home("flow", "pause", FLOW)
    paused = home.json("sync", FLOW, expect=3)
    assert "flow resume" in paused["error"]
    waits = home.json("status")["flows"][0]["waits_for"]
    assert waits.get("paused", 0) > 0
    home("flow", "resume", FLOW)

    assert "--record" in home.json("replay", "--flow", FLOW, expect=2)["error"]
    (made,) = home.json("audit", "--decision", "create", "--limit", "1")
    record = f"{made['route']}:{made['source_key']}"
    preview = home.json("replay", "--record", record, "--preview")
    check_summary(preview)
    again = home.json("replay", "--record", record)
    assert total(again, "found") >= 1
    assert again["writes"] == 0
    assert home.json("why", FLOW, record)["decisions"][0]["source"] == "replay"


def test_a_flow_is_shown_checked_changed_and_removed(home: Program) -> None:
    shown = home.json("flow", "show", FLOW)
    assert [route["route"] for route in shown["routes"]] == ROUTES
    settings = {row["name"]: row for row in shown["settings"]}
    assert (settings["since"]["value"], settings["since"]["default"]) == ("all", "open")
    said = home("flow", "show", FLOW).out
    assert "kept in step until a person changes it" in said
    assert "Invoices → deals" in said

    checked = home.json("flow", "check", FLOW)
    assert checked["ok"] is True
    add = ["flow", "add", "wave-pipedrive", "--name", FLOW, "--source", "books", "--target", "crm"]
    assert "drafts" in home(*add, "--set", "drafts=maybe", expect=2).err
    assert "must be a connection to pipedrive" in home(
        *add[:-1], "books", expect=2
    ).err  # fmt: skip
    assert home.json(*add, "--set", "drafts=no")["version"] == 2
    assert home.json("flow", "show", FLOW)["version"] == 2

    assert [row["name"] for row in home.json("flows")] == [FLOW]
    home("flow", "remove", FLOW)
    assert home.json("flows") == []
    assert home.json(*add)["version"] == 1
