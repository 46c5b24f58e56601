"""What the address of an endpoint held before it was replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_tokens",
        sa.Column("token", sa.Text(), primary_key=True, nullable=False),
        sa.Column("endpoint", sa.Text(), sa.ForeignKey("endpoints.id"), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),  # sortable, see store/types.py
    )
