"""What Alembic runs around the steps: on the connection and in the transaction handed in.

Batch mode rebuilds a table where SQLite cannot alter it.
"""

from alembic import context

from ml_connector.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
