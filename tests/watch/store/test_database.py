from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from awry.errors import ConfigError, InputError
from awry.watch.site.model import database_url
from awry.watch.store import write
from awry.watch.store.database import open_database, read_database, site_database
from awry.watch.store.layout import Layout
from awry.watch.store.read import camera, cameras
from stores import a_site, a_store


def test_a_new_database_is_durable_and_has_one_writer(tmp_path: Path) -> None:
    database = open_database(Layout(tmp_path / "a store % ?"))
    with database.reading() as session:
        said = [
            session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert said == ["wal", 2, 1, 10_000]
    reader = read_database(database.layout)
    with pytest.raises(InputError, match="only reads"), reader.writing():
        pass
    database.close()
    reader.close()


def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    database = a_store(tmp_path)

    def half_of_it() -> None:
        with database.writing() as session:
            write.set_state(session, "yard", "running", 1.0)
            raise KeyError("the other half")

    with pytest.raises(KeyError):
        half_of_it()
    with database.reading() as session:
        assert cameras(session) == ()
        write.set_state(session, "yard", "running", 1.0)  # reading keeps nothing
        session.flush()
    with database.reading() as session:
        assert camera(session, "yard") is None
    database.close()


def test_a_reader_sees_one_moment_and_cannot_write(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    reader = read_database(database.layout)
    with reader.reading() as seen:
        assert cameras(seen) == ()
        with database.writing() as session:
            write.set_state(session, "yard", "running", 1.0)
        assert cameras(seen) == ()
        with pytest.raises(OperationalError, match="readonly"):
            write.set_state(seen, "gate", "running", 1.0)
    with reader.reading() as seen:
        assert [one.name for one in cameras(seen)] == ["yard"]
    reader.close()
    database.close()


def test_a_reader_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no database yet; `awry watch run`"):
        read_database(Layout(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("no url", "is no SQLAlchemy URL"),
        ("mysql://u:secret@host/name", "'mysql'; expected PostgreSQL"),
        ("postgresql+nothing://u:secret@host/name", "cannot be used"),
    ],
)
def test_other_databases_are_refused_without_their_password(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        open_database(Layout(tmp_path), url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"postgresql\+pg8000://u:\*\*\*@") as caught:
        open_database(Layout(tmp_path), "postgresql://u:secret@127.0.0.1:1/name")
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.database.write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match=r"cannot be read: file is not a database"):
        open_database(layout)
    assert layout.database.read_bytes().startswith(b"no database")


def test_a_sites_database_is_read(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    site = a_site(tmp_path)
    with site_database(site) as database, database.reading() as session:
        assert cameras(session) == ()
    assert database_url(site) is None
    assert database_url(a_site(tmp_path, database="postgresql://h/n")) == "postgresql://h/n"


def test_the_store_needs_neither_torch_nor_av() -> None:
    names = "backup calibrations fsck listing migrate outbox reconcile retention scores status"
    program = (
        f"import sys\nfor name in {names.split()}: __import__('awry.watch.store.' + name)\n"
        "print([one for one in ('torch', 'av', 'cv2') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
