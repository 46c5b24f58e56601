"""Migrations: they end at the tables of the program, keep what is there, and never go back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from ml_connector.core.faults import Mistake
from ml_connector.store import migrate
from ml_connector.store.migrate import HEAD, Migration, current_revision, upgrade
from ml_connector.store.sqlite import Database, memory_database, open_database
from ml_connector.store.tables import metadata

OLD = "0001"
"""The oldest step; `fill` puts rows into the tables as they were then."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "home" / "database.sqlite3", create=True)
    yield database
    database.dispose()


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def fill(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO workspaces (id, name) VALUES ('w', 'default')")
    connection.exec_driver_sql(
        "INSERT INTO apps (id, workspace, vendor, client) VALUES ('a', 'w', 'wave', 'c')"
    )
    connection.exec_driver_sql("INSERT INTO secrets VALUES ('app:a', 'n', 'k', x'00', x'ff')")


def tables_of(engine: Engine) -> dict[str, object]:
    """Name, type, null, default and place in the primary key of each column of each table."""
    with engine.begin() as connection:
        return {
            table: [
                tuple(row)[1:] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")
            ]
            for table in sorted(inspect(connection).get_table_names())
            if table != "alembic_version"
        }


def test_a_new_database_gets_the_tables_of_the_program(database: Database) -> None:
    assert upgrade(database.writer) == Migration(None, HEAD, None)
    with database.writer.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert current_revision(connection) == HEAD
    made = memory_database()
    metadata.create_all(made.writer)
    assert tables_of(database.writer) == tables_of(made.writer)
    made.dispose()


def test_head_is_the_newest_step() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_what_is_up_to_date_is_left_alone(database: Database, home: Path) -> None:
    upgrade(database.writer)
    assert upgrade(database.writer) is None
    assert not list(home.glob("*before*"))


def test_references_are_watched_again_afterwards(database: Database) -> None:
    upgrade(database.writer)
    with database.writer.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_newer_database_is_refused_and_untouched(database: Database, home: Path) -> None:
    upgrade(database.writer)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(
        Mistake, match=r"database\.sqlite3 was written by a newer version"
    ) as raised:
        upgrade(database.writer)
    assert "9999" in raised.value.sentence
    with database.writer.begin() as connection:
        assert current_revision(connection) == "9999"
    assert not list(home.glob("*before*"))


def test_a_database_of_another_program_is_refused(database: Database) -> None:
    with database.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (a)")
    with pytest.raises(Mistake, match="another program"):
        upgrade(database.writer)
    with database.writer.begin() as connection:
        assert inspect(connection).get_table_names() == ["theirs"]


class Later:
    """Steps of a later version, in a folder of their own beside copies of ours."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        ours = Path(migrate.__file__).parent / "migrations"
        (folder / "versions").mkdir(parents=True)
        for file in ["env.py", *(f"versions/{path.name}" for path in ours.glob("versions/0*.py"))]:
            (folder / file).write_text((ours / file).read_text())
        monkeypatch.setattr(migrate, "_steps", lambda: folder)
        monkeypatch.setattr(migrate, "HEAD", "later")

    def step(self, body: str) -> None:
        (self._folder / "versions" / "later.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = 'later'\ndown_revision = {HEAD!r}\n\n"
            f"def upgrade() -> None:\n{body}"
        )


@pytest.fixture
def later(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """A filled database of today, and a program of tomorrow."""
    upgrade(database.writer)
    with database.writer.begin() as connection:
        fill(connection)
    return Later(tmp_path / "later", monkeypatch)


def test_a_step_that_rebuilds_a_table_keeps_what_is_in_it(
    database: Database, later: Later, home: Path
) -> None:
    later.step(
        "    with op.batch_alter_table('workspaces', recreate='always') as batch:\n"
        "        batch.add_column(sa.Column('motto', sa.Text(), server_default='none'))\n"
    )
    done = upgrade(database.writer)
    backup = home / f"database-before-later-from-{HEAD}.sqlite3"
    assert done == Migration(HEAD, "later", backup)
    with database.writer.begin() as connection:
        rows = connection.exec_driver_sql("SELECT id, name, motto FROM workspaces").all()
        assert [tuple(row) for row in rows] == [("w", "default", "none")]
        assert connection.exec_driver_sql("SELECT workspace FROM apps").scalars().all() == ["w"]
    old = open_database(backup)
    with old.writer.begin() as connection:
        assert current_revision(connection) == HEAD
        assert connection.exec_driver_sql("SELECT id, name FROM workspaces").all() == [
            ("w", "default")
        ]
    old.dispose()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("    op.execute('DELETE FROM workspaces')\n", "reference to nothing"),
        ("    op.drop_table('meta')\n    raise RuntimeError('half way')\n", "half way"),
    ],
    ids=["loses a row that others refer to", "fails half way"],
)
def test_a_step_that_goes_wrong_leaves_everything_as_it_was(
    database: Database, later: Later, body: str, error: str
) -> None:
    before = tables_of(database.writer)
    later.step(body)
    with pytest.raises(RuntimeError, match=error):
        upgrade(database.writer)
    assert tables_of(database.writer) == before
    with database.writer.begin() as connection:
        assert current_revision(connection) == HEAD
        assert connection.exec_driver_sql("SELECT id FROM workspaces").scalars().all() == ["w"]
