"""What a person gets wrong becomes one sentence and an exit code, never a traceback."""

from __future__ import annotations

import json
import sqlite3
import stat

import pytest

from tests.support.program import Program


def test_a_home_that_is_not_there_is_named_with_the_way_to_mend_it(program: Program) -> None:
    for command in (["status"], ["connections"], ["sync", "x"], ["serve"], ["keys", "status"]):
        done = program(*command, expect=2)
        assert str(program.home) in done.err
        assert "ml-connector init" in done.err
        assert done.out == ""


def test_an_error_is_a_json_document_on_stdout_where_json_is_asked_for(program: Program) -> None:
    done = program("status", "--json", expect=2)
    assert list(done.json) == ["error"]
    assert done.err == ""


@pytest.mark.parametrize(
    "typed",
    [
        ["nonsense"],
        ["sync"],
        ["sync", "x", "--limit", "0"],
        ["sync", "x", "--limit", "many"],
        ["status", "--nonsense"],
        ["connect", "wave"],
        ["flow", "nonsense"],
        ["serve", "--port", "70000"],
    ],
)
def test_what_cannot_be_read_exits_2_with_one_sentence(program: Program, typed: list[str]) -> None:
    done = program(*typed, expect=2)
    assert done.out == ""
    assert "Traceback" not in done.err
    assert "--help" in done.err
    assert len(done.err.strip().splitlines()) == 1
    told = program("--json", *typed, expect=2)
    assert list(told.json) == ["error"]


def test_help_is_no_error(program: Program) -> None:
    assert "connections" in program("--help").out
    assert "--secret" in program("connect", "--help").out


def test_init_makes_a_home_for_its_owner_only_and_says_what_is_next(program: Program) -> None:
    done = program("init")
    assert "ml-connector connect" in done.out
    assert stat.S_IMODE(program.home.stat().st_mode) == 0o700
    for name in ("database.sqlite3", "keyring.json"):
        assert stat.S_IMODE((program.home / name).stat().st_mode) == 0o600
    ring = (program.home / "keyring.json").read_bytes()
    assert program.json("init")["made"] is False
    assert (program.home / "keyring.json").read_bytes() == ring


def test_the_common_options_are_taken_before_and_after_the_command(program: Program) -> None:
    program("init")
    assert program("--json", "status").json == program("status", "--json").json
    assert program("--json", "review").json == program("review", "--json").json == []
    assert program("review", "list", "--json").json == []
    elsewhere = program.home.parent / "elsewhere"
    assert str(elsewhere) in program("status", "--home", str(elsewhere), expect=2).err


def test_the_home_may_stand_in_the_environment(program: Program) -> None:
    program("init")
    program.environment["ML_CONNECTOR_HOME"] = str(program.home)
    assert program.child("connections", "--json", names_home=False).json == []


def test_a_workspace_that_is_not_there_is_named(program: Program) -> None:
    program("init")
    assert "other" in program("status", "--workspace", "other", expect=2).err


def test_a_setting_that_cannot_be_used_is_named(program: Program) -> None:
    program("init")
    (program.home / "settings.toml").write_text("port = 'many'\n")
    assert "port" in program("status", expect=2).err
    (program.home / "settings.toml").write_text("port = \n")
    assert "settings.toml" in program("status", expect=2).err


def test_another_key_ring_is_refused_before_anything_is_written(program: Program) -> None:
    program("init")
    ring = json.loads((program.home / "keyring.json").read_text())
    ring[0]["id"] = "another"
    (program.home / "keyring.json").write_text(json.dumps(ring))
    before = (program.home / "database.sqlite3").read_bytes()
    assert "key ring does not belong to this database" in program("status", expect=2).err
    assert (program.home / "database.sqlite3").read_bytes() == before
    checks = program.json("doctor", expect=1)
    assert [c["check"] for c in checks if not c["ok"]] == ["database and key ring"]


def test_what_nobody_foresaw_is_a_sentence_with_an_id_and_the_log_has_the_rest(
    program: Program,
) -> None:
    program("init")
    with sqlite3.connect(program.home / "database.sqlite3") as database:
        database.execute("ALTER TABLE reviews RENAME TO gone")
    database.close()
    done = program("review", "list", expect=1)
    assert len(done.err.strip().splitlines()) == 1
    assert "Traceback" not in done.said
    id = done.err.split("(")[1].split(")")[0].split()[-1]
    log = program.home / "ml-connector.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    row = json.loads(log.read_text().splitlines()[-1])
    assert row["id"] == id
    assert "no such table" in row["exception"]


def test_names_that_are_not_there_are_told_with_those_that_are(program: Program) -> None:
    program("init")
    for typed in ("plan x", "sync x", "flow show x", "flow check x", "flow pause x", "why x 1"):
        assert "There is no flow x" in program(*typed.split(), expect=2).err
    assert "There is no flow x" in program("audit", "--flow", "x", expect=2).err
    assert "There is no connection x" in program("ping", "x", expect=2).err
    assert "no moment" in program("audit", "--since", "yesterday", expect=2).err
    assert "review list" in program("review", "resolve", "7", "--create", expect=2).err
    assert "Choose one" in program("review", "resolve", "7", expect=2).err
    assert "Choose one" in program("review", "resolve", "7", "--create", "--retry", expect=2).err


def test_a_traceback_never_reaches_a_person_at_a_real_terminal_command(program: Program) -> None:
    done = program.child("status", expect=2)
    assert "Traceback" not in done.said
    assert str(program.home) in done.err
