"""Group commit: one sync for many, and each fails alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ml_connector.core.faults import StoreUnavailable
from ml_connector.store.group import GroupWriter, Job
from ml_connector.store.sqlite import Database
from tests.store.notebook import count_commits, new_notebook, note, notes


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = new_notebook(tmp_path / "notes.sqlite3")
    yield database
    database.dispose()


@pytest.fixture
def writer(database: Database) -> Iterator[GroupWriter]:
    writer = GroupWriter(database)
    yield writer
    writer.close()


def stored(database: Database) -> list[int]:
    with database.reader.begin() as connection:
        return notes(connection)


def test_a_batch_is_one_commit(database: Database, writer: GroupWriter) -> None:
    commits = count_commits(database.writer)
    jobs = [Job(note(n)) for n in range(5)]
    writer.apply(jobs)
    assert [(job.value, job.error) for job in jobs] == [(n, None) for n in range(5)]
    assert len(commits) == 1
    assert stored(database) == [0, 1, 2, 3, 4]


def test_one_that_raises_is_undone_and_the_others_stay(
    database: Database, writer: GroupWriter
) -> None:
    complaint = ValueError("after it wrote")

    def write_and_raise(connection: Connection) -> None:
        note(7)(connection)
        raise complaint

    commits = count_commits(database.writer)
    jobs = [Job(note(1)), Job(write_and_raise), Job(note(1)), Job(note(2))]
    writer.apply(jobs)
    assert jobs[1].error is complaint
    assert isinstance(jobs[2].error, IntegrityError)
    assert (jobs[0].error, jobs[3].error) == (None, None)
    assert stored(database) == [1, 2]
    assert len(commits) == 1


def test_later_functions_of_a_batch_see_what_earlier_ones_wrote(writer: GroupWriter) -> None:
    jobs = [Job(note(1)), Job(notes)]
    writer.apply(jobs)
    assert jobs[1].value == [1]


def test_a_full_disk_fails_only_what_does_not_fit(database: Database, writer: GroupWriter) -> None:
    runs: list[int] = []

    def counted(connection: Connection) -> int:
        runs.append(1)
        return note(1)(connection)

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=10")

    writer.apply([Job(limit)])
    jobs = [Job(counted), Job(note(2, size=100_000)), Job(note(3))]
    writer.apply(jobs)
    assert isinstance(jobs[1].error, StoreUnavailable)
    assert str(database.path) in jobs[1].error.sentence
    assert "is full" in jobs[1].error.sentence
    assert (jobs[0].value, jobs[0].error, jobs[2].error) == (1, None, None)
    assert runs == [1, 1], "the full disk ended the batch, and each ran again alone"
    assert stored(database) == [1, 3]


def test_what_the_commit_refuses_is_found_by_running_alone(
    database: Database, writer: GroupWriter
) -> None:
    jobs = [Job(note(1)), Job(note(2, about=99)), Job(note(3, about=1))]
    writer.apply(jobs)
    assert [type(job.error) for job in jobs] == [type(None), IntegrityError, type(None)]
    assert stored(database) == [1, 3]


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("swallow", [False, True])
def test_a_function_that_ends_its_transaction_spoils_nothing(
    database: Database, writer: GroupWriter, end: str, swallow: bool
) -> None:
    def misbehave(connection: Connection) -> None:
        note(7)(connection)
        try:
            getattr(connection, end)()
        except RuntimeError:
            if not swallow:
                raise

    jobs = [Job(note(1)), Job(misbehave), Job(note(2))]
    writer.apply(jobs)
    assert isinstance(jobs[1].error, RuntimeError)
    assert (jobs[0].error, jobs[2].error) == (None, None)
    assert stored(database) == [1, 2]


def test_a_lock_held_elsewhere_refuses_all_and_passes(
    database: Database, writer: GroupWriter
) -> None:
    writer.apply([Job(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=0"))])
    other = sqlite3.connect(str(database.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    jobs = [Job(note(1)), Job(note(2))]
    writer.apply(jobs)
    other.close()
    for job in jobs:
        assert isinstance(job.error, StoreUnavailable)
        assert f"{database.path} is locked" in job.error.sentence
    again = [Job(note(1)), Job(note(2))]
    writer.apply(again)
    assert stored(database) == [1, 2]
