"""How often a poll was asked for, and how many of those wishes an unfinished scan has heard of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cursors", sa.Column("wishes", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("cursors", sa.Column("scan_wishes", sa.Integer()))
