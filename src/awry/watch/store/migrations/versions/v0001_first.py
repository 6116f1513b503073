"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    _cameras()
    _events()
    _scores()
    _told()
    _accounts()


def _cameras() -> None:
    op.create_table(
        "camera",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("added", sa.Double, nullable=False),
        sa.Column("removed", sa.Double, nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("state_since", sa.Double, nullable=False),
        sa.Column("state_reason", sa.Text, nullable=False),
        sa.Column("armed", sa.Boolean, nullable=False),
        sa.Column("last_frame", sa.Double, nullable=True),
        sa.Column("last_score", sa.Double, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "state",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("state_camera_since", "state", ["camera", "since"])
    op.create_table(
        "flag",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("flag", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("flag_camera_since", "flag", ["camera", "since"])
    op.create_table(
        "gap",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("gap_camera_start", "gap", ["camera", "start"])
    op.create_table(
        "bundle",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("path", sa.String(255), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("camera", "path"),
    )
    op.create_table(
        "footage",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("light", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("path"),
    )
    op.create_index("ix_footage_camera", "footage", ["camera"])


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("bundle", sa.Text, nullable=False),
        sa.Column("shadow", sa.Boolean, nullable=False),
        sa.Column("light", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("peak_at", sa.Double, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("regions", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("silent", sa.String(16), nullable=False),
        sa.Column("picture", sa.Text, nullable=False),
        sa.Column("annotated", sa.Text, nullable=False),
        sa.Column("heat", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("label", sa.String(8), nullable=True),
        sa.Column("stored_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_index("event_camera_start", "event", ["camera", "start"])
    op.create_index("ix_event_start", "event", ["start"])
    op.create_index("ix_event_state", "event", ["state"])
    op.create_table(
        "clip",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("codec", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["event"],
            ["event.uid"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("path"),
    )
    op.create_index("ix_clip_event", "clip", ["event"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("light", sa.String(16), nullable=False),
        sa.Column("peak", sa.Double, nullable=False),
        sa.Column("label", sa.String(8), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_feedback_event", "feedback", ["event"])
    op.create_table(
        "file",
        sa.Column("path", sa.String(255), nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_index("ix_file_at", "file", ["at"])
    op.create_index("ix_file_event", "file", ["event"])


def _scores() -> None:
    op.create_table(
        "score",
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("minute", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("bundle", sa.String(255), nullable=False),
        sa.Column("light", sa.String(16), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("highest", sa.Double, nullable=True),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("times", sa.LargeBinary, nullable=False),
        sa.Column("scores", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("camera", "minute", "bundle", "light", "session"),
    )
    op.create_table(
        "calibration",
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("bundle", sa.String(255), nullable=False),
        sa.Column("light", sa.String(16), nullable=False),
        sa.Column("threshold", sa.Double, nullable=True),
        sa.Column("normal", sa.Double, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("camera", "bundle", "light"),
    )
    op.create_table(
        "drift",
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("hour", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("light", sa.String(16), nullable=False),
        sa.Column("bundle", sa.String(255), nullable=False),
        sa.Column("stability", sa.Double, nullable=True),
        sa.Column("distance", sa.Double, nullable=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("camera", "hour", "light", "bundle"),
    )
    op.create_table(
        "budget",
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("alarms", sa.Integer, nullable=False),
        sa.Column("allowed", sa.Double, nullable=False),
        sa.Column("spent_at", sa.Double, nullable=True),
        sa.PrimaryKeyConstraint("camera", "day"),
    )


def _told() -> None:
    op.create_table(
        "done_message",
        sa.Column("uid", sa.String(64), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_index("ix_done_message_at", "done_message", ["at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "target", "subject", "kind"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_due", "outbox", ["due"])
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_table(
        "change",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _accounts() -> None:
    op.create_table(
        "user",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user", sa.String(64), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["user.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_session_user", "session", ["user"])
    op.create_table(
        "token",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("cameras", sa.JSON, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("used", sa.Double, nullable=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
