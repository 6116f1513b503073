"""What one does with a site, on a store that a keeper's functions filled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from awry.errors import ConfigError, InputError
from awry.watch import operating, supervisor
from awry.watch.operating import backup, check_load, events, fsck, run, schema, status
from awry.watch.site.read import read_site
from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold
from awry.watch.store.results import StoredEvent
from awry.watch.store.write import put_event, set_cameras, set_state

START = 1_800_000_000.0


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(
        "store: store\ntimezone: Europe/Vienna\n"
        "cameras: {door: {detect: 'rtsp://door', budget: 2/day}, yard: {detct: 'rtsp://yard'}}\n"
    )
    database = open_database(Layout(tmp_path / "store"))
    with database.writing() as session:
        set_cameras(session, {"door"}, START)
        set_state(session, "door", "running", START)
        for number in range(3):
            begin = START + 3600 * number
            put_event(
                session,
                StoredEvent(f"{number:032x}", "door", begin, begin + 5, begin + 2, 1.5, 1.0, "b"),
                begin,
            )
    database.close()
    return path


def test_status(site: Path) -> None:
    with hold(Layout(site.parent / "store")):
        (row,) = status(site).rows()
    assert (row["camera"], row["state"], row["since"]) == ("door", "running", "2027-01-15 09:00:00")
    told = status(site)
    (row,) = told.rows()
    assert (row["state"], row["why"]) == ("not watched", "It was running before.")
    assert row["budget today"] == "0 of 2/day"
    assert told.values["running"] is False
    assert "did you mean 'detect'" in told.values["misconfigured"]["yard"]
    assert dict(told.about)["cameras"] == "1"


def test_events(site: Path) -> None:
    told = events(site, limit=2)
    assert [row["start"] for row in told.rows()] == ["2027-01-15 11:00:00", "2027-01-15 10:00:00"]
    rest = events(site, limit=2, cursor=told.values["next"])
    assert [row["uid"] for row in rest.rows()] == [f"{0:032x}"]
    assert rest.values["next"] is None
    some = events(site, since="2027-01-15 09:30", until="2027-01-15 10:30", camera=["door"])
    assert [row["uid"] for row in some.rows()] == [f"{1:032x}"]
    assert len(events(site, told=True).rows()) == 0
    assert len(events(site, label="none").rows()) == 3
    with pytest.raises(ConfigError, match="'abnormal', 'normal' or 'none'"):
        events(site, label="odd")
    with pytest.raises(ConfigError, match="Cannot read the time"):
        events(site, since="yesterday")
    with pytest.raises(InputError, match="limit"):
        events(site, limit=0)


def test_fsck_and_backup(site: Path, tmp_path: Path) -> None:
    found = fsck(site)
    assert found.values["sound"] is False  # three events never ended
    assert all("no end" in row["said"] for row in found.rows())
    assert fsck(site, repair=True).values["repaired"] is not None
    assert fsck(site).values["sound"] is True
    copy = backup(site, tmp_path / "copy")
    assert (copy.values["path"], copy.values["files"]) == (str(tmp_path / "copy"), 0)
    assert (tmp_path / "copy" / "awry.db").is_file()


def test_there_is_no_store_yet(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("store: store\n")
    for function in (status, events, fsck):
        with pytest.raises(InputError, match="no database"):
            function(path)
    assert not (tmp_path / "store").exists()


def test_replay_reads_the_camera_s_scores(site: Path) -> None:
    with pytest.raises(InputError, match="scores"):
        operating.replay(site, "door", threshold=1.0)
    with pytest.raises(ConfigError):
        operating.replay(site, "door", threshold=1.0, budget="1/day")


def test_run_hands_over_and_gives_the_exit_code(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def fake(path: Path) -> int:
        seen.append(path)
        return 7

    monkeypatch.setattr(supervisor, "run_site", fake, raising=False)
    assert run(site) == 7
    assert seen == [site]
    monkeypatch.setattr(operating, "check_load", lambda *_: "It is too much.")
    with pytest.warns(UserWarning, match="too much"):
        run(site)
    with pytest.raises(ConfigError, match="'refuse' or 'warn'"):
        run(site, load="hope")


def test_a_load_that_is_refused(site: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write_text(f"store: s\ncameras: {{door: {{detect: 'rtsp://d', bundle: '{bundle}'}}}}\n")
    read = read_site(site)
    monkeypatch.setattr("awry.watch.scorer.load.rate_of", lambda path: 0.1)
    assert "more than 70%" in check_load(read)
    with pytest.raises(ConfigError, match="--load warn starts it all the same"):
        check_load(read, "refuse")
    monkeypatch.setattr("awry.watch.scorer.load.rate_of", lambda path: 1e6)
    assert check_load(read, "refuse") == ""
    assert check_load(read) == ""


def test_schema() -> None:
    assert "cameras" in schema().to_dict()["properties"]


def test_a_start_loads_neither_torch_nor_av(site: Path, bundle: Path) -> None:
    """The process that starts a site stays as its supervisor."""
    site.write_text(
        f"store: s\nload: refuse\ncameras:\n  a: {{detect: 'rtsp://d', bundle: '{bundle}'}}\n"
        "  b: {detect: 'rtsp://e'}\n"
    )
    code = (
        "import sys\nfrom pathlib import Path\nimport awry.watch.scorer.load as load\n"
        "load.rate_of = lambda bundle: 1e6\n"
        "from awry.watch.operating import check_load\nfrom awry.watch.site.read import read_site\n"
        f"check_load(read_site(Path({str(site)!r})))\n"
        "print(sorted({'torch', 'av', 'cv2'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
