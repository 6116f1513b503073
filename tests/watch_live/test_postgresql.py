"""The store in PostgreSQL: a cluster of its own in a temporary folder, reached by a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from awry.errors import InputError
from awry.watch.messages import Scored
from awry.watch.site.model import Retention, Site
from awry.watch.store import accounts, outbox, write
from awry.watch.store.backup import backup
from awry.watch.store.calibrations import budget_of, put_budget
from awry.watch.store.changes import first_time, trim
from awry.watch.store.database import Database, open_database, read_database
from awry.watch.store.disk import RealDisk
from awry.watch.store.feedback import judgements
from awry.watch.store.files import put_file
from awry.watch.store.fsck import fsck
from awry.watch.store.groups import event_groups
from awry.watch.store.layout import Layout
from awry.watch.store.listing import list_events
from awry.watch.store.migrate import migrate
from awry.watch.store.models import Base
from awry.watch.store.read import EventFilter, camera, event, events, last_change
from awry.watch.store.reconcile import reconcile
from awry.watch.store.results import Budget, User
from awry.watch.store.retention import retain
from awry.watch.store.schema import REVISIONS, revision_of
from awry.watch.store.scores import add_scores, read_scores
from awry.watch.store.snoozes import add_snooze, snoozes
from awry.watch.store.status import status
from stores import NOON, a_clip, an_event

pytestmark = pytest.mark.live


def programs() -> Path | None:
    """Where Debian or the path has the server's programs."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


def as_somebody(words: Sequence[object]) -> list[str]:
    """The server does not run as root: then it runs as its own user."""
    plain = [str(word) for word in words]
    return ["runuser", "-u", "postgres", "--", *plain] if os.geteuid() == 0 else plain


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The folder of a running server's socket."""
    where = programs()
    if where is None or (os.geteuid() == 0 and not shutil.which("runuser")):
        pytest.skip("needs PostgreSQL's server (Debian: postgresql), and runuser for root")
    # A short path: sockets have names of at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="awry-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "check": True}
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = [where / "pg_ctl", "-D", data, "-w", "-s"]
    try:
        words = [where / "initdb", "-D", data, "-A", "trust", "-U", "awry", "-N"]
        subprocess.run(as_somebody(words), cwd=folder, **quiet)  # type: ignore[call-overload]
        words = [*control, "-o", options, "-l", folder / "log", "start"]
        subprocess.run(as_somebody(words), cwd=folder, **quiet)  # type: ignore[call-overload]
        try:
            yield folder
        finally:
            words = [*control, "-m", "immediate", "stop"]
            subprocess.run(as_somebody(words), cwd=folder, **quiet)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def site(server: Path, tmp_path: Path) -> Iterator[Site]:
    """A site with an empty database."""
    url = f"postgresql://awry@/postgres?unix_sock={server}/.s.PGSQL.5432"
    yield Site(store=tmp_path / "store", database=url)  # type: ignore[arg-type]
    engine = create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def opened(site: Site) -> Database:
    assert site.database is not None
    return open_database(Layout(site.store), site.database.get_secret_value())


def filled(site: Site) -> Database:
    """A store with two events, a clip, scores, a user, a budget and something to be told."""
    database = opened(site)
    put_file(database.layout, RealDisk(), a_clip(1).path, bytes(100))
    with database.writing() as session:
        assert first_time(session, "m1", NOON)
        write.set_state(session, "yard", "running", NOON)
        for number in (1, 2):
            made = an_event(number, state="ended", parts={"motion": 1.5})
            assert write.put_event(session, made, NOON) == "end"
        write.add_clip(session, "yard", a_clip(1), NOON)
        write.judge(session, an_event(2).uid, "abnormal", NOON, by="ann")
        steps = [Scored("yard", NOON + n, "s", n, "b", None if n < 2 else n) for n in range(100)]
        add_scores(session, steps)
        accounts.put_user(session, User("ann", "hash", "admin", NOON))
        accounts.add_log_in(session, "x", user="ann", csrf="c", at=NOON, until=NOON + 9)
        put_budget(session, Budget("yard", "2027-01-15", 1, 2.0, None), NOON)
        outbox.add_outbox(session, "mqtt", "b", "yard", "state", {"n": 1}, NOON)
    return database


def test_the_models_and_the_migrations_agree(site: Site) -> None:
    database = opened(site)
    assert revision_of(database.engine) == REVISIONS[-1]
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert found == []
    database.close()
    opened(site).close()  # a second time nothing is to be done


def test_an_earlier_schema_is_upgraded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, url = Layout(site.store), site.database
    assert url is not None
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "__kwdefaults__", {"to": "0002"})
        opened(site).close()
    engine = create_engine(url.get_secret_value().replace("postgresql:", "postgresql+pg8000:"))
    texts = ("uid", "camera", "session", "bundle", "light", "state", "reason", "silent")
    empty = ("picture", "annotated", "heat")
    numbers = ("start", '"end"', "peak_at", "score", "threshold", "stored_at")
    names = ", ".join((*texts, *empty, *numbers, "shadow", "told", "pinned", "parts", "regions"))
    parts = """'{"speed": 1.0, "pose": 2.5}'"""
    quoted = [f"'{name}'" for name in texts]
    kinds = (quoted, ["''"] * 3, ["1"] * 6, ["false"] * 3, [parts, "'[]'"])
    values = ", ".join(one for some in kinds for one in some)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO event ({names}) VALUES ({values})")
    engine.dispose()
    database = open_database(layout, url.get_secret_value())
    assert revision_of(database.engine) == REVISIONS[-1]
    with database.writing() as session:
        found = event(session, "uid")
        assert found is not None
        assert found.part == "pose"
        number = add_snooze(session, "camera", [(0.0, 0.0, 0.5, 0.5)], NOON, until=NOON + 60)
        assert [one.id for one in snoozes(session, at=NOON)] == [number]
        assert snoozes(session, at=NOON + 60) == ()
        assert len(event_groups(session).groups) == 1
    database.close()


def test_what_is_written_is_read(site: Site) -> None:
    database = filled(site)
    with database.writing() as session:
        assert not first_time(session, "m1", NOON)
        assert add_scores(session, [Scored("yard", NOON + 50, "s", 50, "b", 7.0)]) == 0
        first = outbox.outbox_due(session, NOON)[0].id
        outbox.add_outbox(session, "mqtt", "b", "yard", "state", {"n": 2}, NOON, replace=True)
        assert outbox.outbox_due(session, NOON)[0].id > first
        trim(session, NOON, changes=2)
    with database.reading() as session:
        kept = event(session, an_event(1).uid)
        assert kept is not None
        assert (kept.parts, kept.clips) == ({"motion": 1.5}, (a_clip(1),))
        page = events(session, limit=1)
        assert [one.uid for one in page.events] == [an_event(2).uid]
        page = events(session, EventFilter(cameras=("yard",)), limit=5, cursor=page.next)
        assert ([one.uid for one in page.events], page.next) == ([an_event(1).uid], None)
        span = read_scores(session, "yard", NOON, NOON + 100, bundle="b")
        np.testing.assert_array_equal(span.scores, [np.nan, np.nan, *range(2, 100)])
        assert [one.label for one in judgements(session)] == ["abnormal"]
        assert accounts.log_in(session, "x", NOON) is not None
        assert budget_of(session, "yard", "2027-01-15") is not None
        assert last_change(session) > 2
    database.close()


def test_readers_see_one_moment_and_cannot_write(site: Site) -> None:
    database = filled(site)
    assert site.database is not None
    reader = read_database(database.layout, site.database.get_secret_value())
    with reader.reading() as seen:
        assert len(events(seen).events) == 2
        with database.writing() as session:
            write.put_event(session, an_event(3), NOON)
        assert len(events(seen).events) == 2
        with pytest.raises(SQLAlchemyError, match="read-only"):
            write.set_cameras(seen, {"gate"}, NOON)
    with reader.reading() as seen:
        assert len(events(seen).events) == 3
        assert camera(seen, "gate") is None
    reader.close()
    database.close()


def test_retention_and_reconciling_work_alike(site: Site) -> None:
    database, disk = filled(site), RealDisk()
    put_file(database.layout, disk, "media/yard/unknown.jpg", b"?")
    done = reconcile(database, disk, NOON, alone=True)
    assert done.quarantined == ("quarantine/media/yard/unknown.jpg",)
    limits = Retention(days=1, gib=1, free_gib=0, scores_days=1)
    gone = retain(database, disk, limits, NOON + 10 * 86_400)
    assert (gone.files, gone.bytes) == (1, 100)
    with database.reading() as session:
        assert event(session, an_event(1).uid) is None
        assert event(session, an_event(2).uid) is not None  # judged
        assert len(read_scores(session, "yard", NOON, NOON + 100, bundle="b").scores) == 0
    database.close()


def test_status_fsck_listing_and_backup(site: Site, tmp_path: Path) -> None:
    database = filled(site)
    found = status(site)
    assert [one.camera.name for one in found.cameras] == ["yard"]
    assert (found.store.database_bytes, found.store.media_bytes) == (None, 100)
    assert fsck(site, repair=True).sound
    done = backup(site, tmp_path / "copy")
    assert (done.files, done.missing) == (1, ())
    copied = Site(store=tmp_path / "copy")  # SQLite
    assert fsck(copied).sound
    assert list_events(copied).events == list_events(site).events
    assert status(copied).outbox == found.outbox
    database.close()


def test_a_newer_schema_is_refused(site: Site) -> None:
    database = opened(site)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(InputError, match="schema 9999, which is newer"):
        opened(site)


def test_pages_of_many_events_follow_an_index(site: Site) -> None:
    database = opened(site)
    with database.writing() as session:
        for number in range(3):
            write.put_event(session, an_event(number), NOON)
        rows = 'g::text, camera, start - g, bundle, state, "end", peak_at, score, threshold'
        session.execute(
            text(
                f'INSERT INTO event (uid, camera, start, bundle, state, "end", peak_at, score, '
                f"threshold, session, shadow, light, parts, regions, reason, told, silent, picture,"
                f" annotated, heat, pinned, stored_at) SELECT {rows}, session, shadow, light, "
                "parts, regions, reason, told, silent, picture, annotated, heat, pinned, stored_at "
                "FROM event, generate_series(1, 20000) g WHERE uid LIKE '%1'"
            )
        )
        session.execute(text("ANALYZE event"))
        plan = session.execute(
            text(
                f"EXPLAIN SELECT * FROM event WHERE NOT shadow AND (start, uid) < ({NOON}, 'f') "
                "ORDER BY start DESC, uid DESC LIMIT 50"
            )
        )
        said = " ".join(row[0] for row in plan)
    assert "Index Scan Backward using event_start_uid" in said
    database.close()
