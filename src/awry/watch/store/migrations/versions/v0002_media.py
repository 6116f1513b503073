"""Media that went, notes on files, indices, search for events, loads, arming, refits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns with defaults, indices, and two tables."""
    media = sa.Column("media", sa.String(8), nullable=False, server_default="kept")
    op.add_column("event", media)
    op.add_column("file", sa.Column("note", sa.Text, nullable=False, server_default=""))
    op.create_index("event_start_uid", "event", ["start", "uid"])
    op.create_index("event_camera_start_uid", "event", ["camera", "start", "uid"])
    op.create_index("event_label_start_uid", "event", ["label", "start", "uid"])
    op.create_index("event_pinned_start_uid", "event", ["pinned", "start", "uid"])
    op.create_index("file_state_at", "file", ["state", "at"])
    op.create_index("file_state_kind_bytes", "file", ["state", "kind", "bytes"])
    op.create_index("score_minute", "score", ["minute"])
    op.add_column("camera", sa.Column("manual", sa.JSON, nullable=True))
    op.add_column("camera", sa.Column("refit", sa.JSON, nullable=True))
    op.create_table(
        "finder",
        sa.Column("camera", sa.String(40), primary_key=True),
        sa.Column("bundle", sa.String(255), primary_key=True),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "load",
        sa.Column("process", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
    )
