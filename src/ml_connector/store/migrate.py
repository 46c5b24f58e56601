"""Migrating: bringing a database of an older version to the tables of this one.

The steps stand in `migrations/` and are applied in one transaction: all or none. A copy of the file
is put beside it first. A database of a newer version is refused; nothing goes back.
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from ml_connector.core.faults import Mistake
from ml_connector.store.snapshot import copy_to_file
from ml_connector.store.sqlite import driver

HEAD = "0003"
"""The newest step, so that a database that is up to date costs no look into the steps."""

_VERSION_TABLE = "alembic_version"


@dataclass(frozen=True)
class Migration:
    """What was done: from which revision (None: a new database) and where the old copy is."""

    before: str | None
    after: str
    backup: Path | None


def current_revision(connection: Connection) -> str | None:
    """The revision of a database, or None where there are no tables of ours."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def upgrade(engine: Engine) -> Migration | None:
    """Bring the database up to date; None if it is already.

    Takes the engine that writes, before a Store is made of it. Raises Mistake if the database was
    written by a newer version, or is a database of something else.
    """
    with engine.connect() as connection:
        raw = driver(connection)
        # A rebuilt table is dropped and renamed, which would delete or break what refers to it;
        # the pragma does nothing inside a transaction (https://www.sqlite.org/lang_altertable.html)
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                return _upgrade(connection)
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def _upgrade(connection: Connection) -> Migration | None:
    before = current_revision(connection)
    if before == HEAD:
        return None
    _demand_known(connection, before)
    backup = None if before is None else _back_up(connection, before)
    _apply_steps(connection)
    _demand_whole_references(connection)
    return Migration(before, HEAD, backup)


def _demand_known(connection: Connection, before: str | None) -> None:
    file = _file(connection)
    if before is None:
        if inspect(connection).get_table_names():
            raise Mistake(f"{file} is a database of another program; choose another home.")
    elif before not in _known_revisions():
        raise Mistake(
            f"{file} was written by a newer version of ml-connector (its tables are at step "
            f"{before}, this version knows {HEAD}); install that version, or put back the copy "
            "from before the update."
        )


def _demand_whole_references(connection: Connection) -> None:
    """A step that loses a row which others refer to must not be committed."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"a migration left {broken[0]} with a reference to nothing")


def _back_up(connection: Connection, before: str) -> Path | None:
    if not connection.engine.url.database:
        return None
    path = Path(connection.engine.url.database)
    backup = path.with_name(f"{path.stem}-before-{HEAD}-from-{before}{path.suffix}")
    with connection.engine.connect() as beside:  # a connection that writes cannot be copied from
        copy_to_file(beside, backup)
    return backup


def _file(connection: Connection) -> str:
    return connection.engine.url.database or "The database in memory"


# Alembic is loaded only where there is something to migrate: it costs every start more than the
# rest of the store together.


def _known_revisions() -> list[str]:
    from alembic.script import ScriptDirectory

    with importlib.resources.as_file(_steps()) as folder:
        return [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]


def _apply_steps(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    with importlib.resources.as_file(_steps()) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _steps() -> Traversable:
    return importlib.resources.files("ml_connector.store") / "migrations"
