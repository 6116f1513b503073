"""Which footage a detector is fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from awry.errors import FootageError
from awry.watch.messages import Light
from awry.watch.store.models import Base, CameraRow, ClipRow, EventRow, FlagRow, FootageRow
from awry.watch.trainer import selection
from awry.watch.trainer.selection import (
    Piece,
    interleaved,
    select_folder,
    select_footage,
    shortened,
    thinned,
    with_confirmed,
)
from support import write_images

NOW = 10_000.0


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def footage(root: Path, start: float, seconds: float, light: str = "day") -> FootageRow:
    path = f"footage/gate/{start:g}.mp4"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).touch()
    return FootageRow(
        camera="gate", path=path, start=start, end=start + seconds, bytes=1, light=light
    )


def event(uid: str, start: float, label: str | None, light: str = "day") -> EventRow:
    times = {"start": start, "end": start + 10, "peak_at": start}
    return EventRow(
        uid=uid, camera="gate", bundle="b", state="ended", score=1, threshold=1, label=label,
        light=light, **times,
    )  # fmt: skip


def pieces(*lengths: float, light: Light = "day") -> list[Piece]:
    found: list[Piece] = []
    for length in lengths:
        start = found[-1].end if found else 0.0
        found.append(Piece(Path(f"{light}{start:g}"), start, start + length, light))
    return found


def test_footage_is_taken_without_what_was_flagged_abnormal_or_not_judged(
    session: Session, tmp_path: Path
) -> None:
    session.add_all([
        footage(tmp_path, 200, 60), footage(tmp_path, 100, 60),
        FootageRow(camera="gate", path="footage/gone.mp4", start=1, end=9, bytes=1),
        FootageRow(camera="yard", path="footage/yard.mp4", start=1, end=9, bytes=1),
        FlagRow(camera="gate", flag="dark", since=110.0, until=120.0),
        FlagRow(camera="gate", flag="moved", since=250.0, until=None),
        event("a", 140, "abnormal"), event("b", 210, None), event("c", 230, "normal"),
        EventRow(
            uid="d", camera="gate", bundle="c", state="ended", score=1, threshold=1, shadow=True,
            start=235, end=240, peak_at=235,
        ),
    ])  # fmt: skip
    found = select_footage(session, "gate", tmp_path, NOW)
    assert [piece.start for piece in found.pieces] == [100, 200]
    assert found.left_out == ((110, 120), (135, 155), (205, 225), (250, NOW))
    assert found.notes == (
        "1 files of footage are gone or empty.",
        "Left out: 1 minute in events that were judged abnormal or not judged, or while the camera "
        "was covered or moved.",
    )


def test_footage_that_nobody_judged_is_none_to_learn_from(session: Session, tmp_path: Path) -> None:
    session.add_all([footage(tmp_path, 100, 30), event("a", 105, None), event("b", 115, None)])
    with pytest.raises(FootageError, match="nearly all lies in events"):
        select_footage(session, "gate", tmp_path, NOW)
    for row in session.scalars(select(EventRow)):
        row.label = "normal"
    assert select_footage(session, "gate", tmp_path, NOW).left_out == ()


def test_of_new_footage_alone_nothing_older_is_taken(session: Session, tmp_path: Path) -> None:
    camera = CameraRow(name="gate", added=0.0, refit={"since": 1000.0, "seconds": 3600.0})
    old, new = event("old", 500, "normal"), event("new", 1500, "normal")
    clips = [
        ClipRow(event=one.uid, path=f"{one.uid}.mp4", start=one.start, end=one.end, bytes=1)
        for one in (old, new)
    ]
    for clip in clips:
        (tmp_path / clip.path).touch()
    session.add_all([
        camera, old, new, footage(tmp_path, 100, 900), footage(tmp_path, 1000, 900), *clips,
    ])  # fmt: skip
    session.flush()
    found = select_footage(session, "gate", tmp_path, NOW)
    assert [one.start for one in found.pieces] == [1000.0]
    found = with_confirmed(found, session, "gate", tmp_path, NOW)
    assert [one.start for one in found.pieces] == [1500.0, 1000.0]
    camera.refit = {"since": 1000.0}  # it was gathered since there was none: all counts
    assert len(select_footage(session, "gate", tmp_path, NOW).pieces) == 2


def test_clips_of_confirmed_normal_events_come_first(session: Session, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    for name in ("n", "u"):
        (tmp_path / f"media/{name}.mp4").touch()
    session.add_all([footage(tmp_path, 100, 60), event("n", 500, "normal"), event("u", 600, None)])
    session.flush()
    session.add_all([
        ClipRow(event="n", path="media/n.mp4", start=495, end=520, bytes=1),
        ClipRow(event="n", part=1, path="media/gone.mp4", start=495, end=520, bytes=1),
        ClipRow(event="u", path="media/u.mp4", start=595, end=620, bytes=1),
    ])  # fmt: skip
    gathered = select_footage(session, "gate", tmp_path, NOW)
    assert with_confirmed(gathered, session, "yard", tmp_path, NOW) is gathered
    found = with_confirmed(gathered, session, "gate", tmp_path, NOW)
    assert [(piece.path.name, piece.confirmed) for piece in found.pieces] == [
        ("n.mp4", True), ("100.mp4", False),
    ]  # fmt: skip
    assert found.notes == ("1 clip of events that were called normal came to it.",)


def test_of_a_confirmed_clip_the_part_of_another_event_is_left_out(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/n.mp4").touch()
    session.add_all([event("n", 500, "normal"), event("a", 512, "abnormal")])
    session.flush()
    session.add(ClipRow(event="n", path="media/n.mp4", start=495, end=520, bytes=1))
    folder = selection.Selection(tuple(pieces(60)))
    found = with_confirmed(folder, session, "gate", tmp_path, NOW)
    assert found.left_out == ((507, 527),)


def test_without_footage_there_is_a_sentence(session: Session, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="no footage of gate to learn from yet"):
        select_footage(session, "gate", tmp_path, NOW)


@pytest.mark.parametrize(("night", "kept"), [(5, 1), (20, 2)])
def test_a_rare_light_is_left_out(
    session: Session, tmp_path: Path, night: float, kept: int
) -> None:
    session.add_all([footage(tmp_path, 100, 100), footage(tmp_path, 300, night, "infrared")])
    found = select_footage(session, "gate", tmp_path, NOW)
    assert len(found.pieces) == kept
    assert found.notes == (
        ("Footage in the mode infrared was left out: it is 4.8% of all.",)
        if kept == 1
        else ("Footage by day and in infrared was learned together (17%).",)
    )


def test_both_lights_are_in_every_part() -> None:
    mixed = interleaved([*pieces(60, 60, 60, 60), *pieces(30, 30, light="infrared")])
    assert [piece.path.name for piece in mixed] == [
        "day0", "infrared0", "day60", "day120", "infrared30", "day180",
    ]  # fmt: skip


def test_much_footage_is_thinned_evenly() -> None:
    kept = thinned(pieces(*[60.0] * 20), 300)
    assert sum(piece.seconds for piece in kept) <= 300
    assert len(kept) >= 4
    assert max(np.diff([piece.start for piece in kept])) <= 300
    assert thinned(pieces(60, 60), 120) == pieces(60, 60)
    assert thinned([], 10) == []
    (one,) = thinned(pieces(500), 100)
    assert (one.seconds, one.whole) == (100, False)


def test_a_file_that_is_short_stays_whole() -> None:
    (piece,) = pieces(50)
    assert shortened(piece, 60) is piece


def test_limits_count_for_a_camera(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST_S", 120.0)
    session.add_all([footage(tmp_path, 100.0 * number, 60) for number in range(1, 11)])
    found = select_footage(session, "gate", tmp_path, NOW)
    assert sum(piece.seconds for piece in found.pieces) <= 120
    assert found.notes[-1] == "The footage was thinned out evenly, from 10 minutes to 2 minutes."


def test_a_folder_is_taken_as_it_is_or_its_training_part(tmp_path: Path) -> None:
    images = np.zeros((6, 8, 8, 3), np.uint8)
    write_images(tmp_path / "a" / "one", images)
    write_images(tmp_path / "a" / "two", images)
    write_images(tmp_path / "b" / "train" / "three", images)
    write_images(tmp_path / "b" / "test" / "four", images)
    whole = select_folder(tmp_path / "a", 10.0)
    assert [(piece.path.name, piece.seconds) for piece in whole.pieces] == [
        ("one", pytest.approx(0.6)), ("two", pytest.approx(0.6)),
    ]  # fmt: skip
    assert [piece.path.name for piece in select_folder(tmp_path / "b", 10.0).pieces] == ["three"]
