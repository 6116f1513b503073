"""Places that are snoozed; which part of an event's score was highest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
_SOME = 1000


def upgrade() -> None:
    """Add a table, a column that is worked out for the events there are, and indices."""
    op.create_table(
        "snooze",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("camera", sa.String(40), nullable=False),
        sa.Column("boxes", sa.JSON, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("ended", sa.Double, nullable=True),
        sa.Column("ended_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("snooze_camera_until", "snooze", ["camera", "until"])
    op.add_column("event", sa.Column("part", sa.String(64), nullable=False, server_default=""))
    _fill_parts()
    op.create_index("event_part_start_uid", "event", ["part", "start", "uid"])
    op.create_index("event_silent_start_uid", "event", ["silent", "start", "uid"])


def _fill_parts() -> None:
    """The largest part: how high is normal was not noted beside the events so far."""
    event = sa.table(
        "event", sa.column("uid", sa.String), sa.column("parts", sa.JSON), sa.column("part")
    )
    bind, last = op.get_bind(), ""
    wanted = sa.select(event.c.uid, event.c.parts).order_by(event.c.uid).limit(_SOME)
    change = (
        sa.update(event)
        .where(event.c.uid == sa.bindparam("of", type_=sa.String))
        .values(part=sa.bindparam("highest", type_=sa.String))
    )
    while rows := bind.execute(wanted.where(event.c.uid > last)).all():
        last = rows[-1].uid
        found = [{"of": uid, "highest": _highest(parts or {})} for uid, parts in rows]
        if some := [one for one in found if one["highest"]]:
            bind.execute(change, some)


def _highest(parts: dict[str, float | None]) -> str:
    known = {name: value for name, value in parts.items() if value is not None}
    return max(known, key=lambda name: known[name])[:64] if known else ""
