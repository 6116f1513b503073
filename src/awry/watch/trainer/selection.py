"""Which footage of a camera a detector is fitted on, and what of it is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from awry.datasets.clips import frame_count
from awry.errors import FootageError
from awry.video.open import find_sources
from awry.watch.messages import Light
from awry.watch.site.units import duration
from awry.watch.store.models import CameraRow, ClipRow, EventRow, FlagRow, FootageRow, first_of

MOST_S = 3600.0
"""More footage is thinned out by whole files, evenly over the time that it spans."""
BOTH_FROM = 0.1
"""Both modes of light are learned where the rarer one has this share of the footage."""
MARGIN_S = 5.0
"""Beside an event that is left out that much is left out too."""
LEAST_S = 10.0
"""With less footage that may be learned from there is no fit."""

Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of normal footage.

    Attributes:
        path: absolute.
        start, end: what it shows, seconds since 1970-01-01 UTC.
        light: mode of its pictures.
        confirmed: an event's clip, of which a person said that it was normal.
        whole: False: the file goes on after `end`.
    """

    path: Path
    start: float
    end: float
    light: Light
    confirmed: bool = False
    whole: bool = True

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(self.end - self.start, 0.0)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a detector is fitted on.

    Attributes:
        pieces: in the order in which they are cut into parts: what is last is held back.
        left_out: stretches of time that do not count, seconds since 1970-01-01 UTC.
        notes: what is to be said of it, in sentences.
    """

    pieces: tuple[Piece, ...]
    left_out: tuple[Stretch, ...] = ()
    notes: tuple[str, ...] = ()


def select_footage(session: Session, camera: str, root: Path, now: float) -> Selection:
    """A camera's gathered footage; where a person wanted new footage, that alone.

    Left out is what was gathered while the picture was tampered with, and around events that a
    person judged to be abnormal, or that nobody judged.

    Args:
        session: to read with.
        camera: whose.
        root: the store's folder.
        now: seconds since 1970-01-01 UTC, where a flag still holds.

    Raises:
        FootageError: there is none, or nearly all of it is left out.
    """
    rows = session.scalars(
        select(FootageRow)
        .where(FootageRow.camera == camera, FootageRow.start >= _first(session, camera))
        .order_by(FootageRow.start)
    )
    gathered = [Piece(root / row.path, row.start, row.end, _light(row.light)) for row in rows]
    there = [piece for piece in gathered if piece.path.is_file() and piece.seconds > 0]
    notes = []
    if len(there) < len(gathered):
        notes.append(f"{len(gathered) - len(there)} files of footage are gone or empty.")
    if not there:
        raise FootageError(
            f"There is no footage of {camera} to learn from yet; wait until some was gathered, or "
            "name a folder of normal footage (learn: from FOLDER)."
        )
    chosen, said = _one_light(there)
    kept = thinned(chosen, MOST_S)
    if _seconds(kept) < _seconds(chosen):
        notes.append(_taken(kept, chosen))
    left_out = _left_out(session, camera, now)
    lost = _inside(kept, left_out)
    if lost > 0 and _seconds(kept) - lost < LEAST_S:
        raise FootageError(
            f"Of {duration(_seconds(kept))} of footage of {camera} nearly all lies in events that "
            "were judged abnormal or not judged, or shows a covered or moved camera. Judge what is "
            "normal, or wait until more was gathered."
        )
    if lost >= 1:
        said.append(
            f"Left out: {duration(round(lost))} in events that were judged abnormal or not judged, "
            "or while the camera was covered or moved."
        )
    return Selection(tuple(interleaved(kept)), left_out, (*notes, *said))


def with_confirmed(
    selection: Selection, session: Session, camera: str, root: Path, now: float
) -> Selection:
    """The same with clips of events that a person called normal, before all others.

    They are fitted on: an alarm that was none is to be none the next time. What of such a clip
    belongs to another event, which is not normal, is left out as well.

    Args:
        selection: the other footage.
        session, camera, root, now: as of `select_footage`.
    """
    clips = [piece for piece in _confirmed(session, camera, root) if piece.path.is_file()]
    if not clips:
        return selection
    kept = thinned(clips, MOST_S / 2)
    count = f"{len(kept)} clip{'' if len(kept) == 1 else 's'}"
    note = f"{count} of events that were called normal came to it."
    left_out = sorted({*selection.left_out, *_left_out(session, camera, now)})
    return replace(
        selection,
        pieces=(*kept, *selection.pieces),
        left_out=tuple(left_out),
        notes=(*selection.notes, note),
    )


def select_folder(folder: Path, rate: float) -> Selection:
    """The videos and picture folders in a folder, or in its `train/`.

    Args:
        folder: of normal footage.
        rate: pictures a second of picture folders.

    Raises:
        FootageError: there is none.
        SourceError: the folder or a file in it cannot be read.
    """
    place = folder / "train" if (folder / "train").is_dir() else folder
    found = find_sources(place)
    pieces: list[Piece] = []
    for one in found.sources:
        path, start = Path(one.where), pieces[-1].end if pieces else 0.0
        length = frame_count(path) / (one.open().fps or rate)
        pieces.append(Piece(path.absolute(), start, start + length, "day"))
    there = [piece for piece in pieces if piece.seconds > 0]
    if not there:
        raise FootageError(f"There is no footage in {place}; name a folder of normal videos.")
    kept = thinned(there, MOST_S)
    notes = [*found.failed]
    if _seconds(kept) < _seconds(there):
        notes.append(_taken(kept, there))
    return Selection(tuple(kept), (), tuple(notes))


def thinned(pieces: Sequence[Piece], seconds: float) -> list[Piece]:
    """Whole files, evenly spread, that last no longer together; one at least.

    Args:
        pieces: in time order.
        seconds: how long they may last.
    """
    total = _seconds(pieces)
    if total <= seconds or not pieces:
        return list(pieces)
    kept: list[Piece] = []
    passed = 0.0  # of all footage so far, the share that may be taken
    taken = 0.0
    for piece in pieces:
        passed += piece.seconds * seconds / total
        if taken + piece.seconds / 2 <= passed and taken + piece.seconds <= seconds:
            kept.append(piece)
            taken += piece.seconds
    return kept or [shortened(pieces[0], seconds)]


def shortened(piece: Piece, seconds: float) -> Piece:
    """The beginning of a file that is longer than that."""
    if piece.seconds <= seconds:
        return piece
    return replace(piece, end=piece.start + seconds, whole=False)


def interleaved(pieces: Sequence[Piece]) -> list[Piece]:
    """Files in such an order that every part of it has its share of each mode of light.

    Within a mode they stay in time order, so that the last part is the newest of each.
    """
    places: list[tuple[float, Piece]] = []
    for light in dict.fromkeys(piece.light for piece in pieces):
        mine = [piece for piece in pieces if piece.light == light]
        total, before = _seconds(mine) or 1.0, 0.0
        for piece in mine:
            places.append(((before + piece.seconds / 2) / total, piece))
            before += piece.seconds
    return [piece for _, piece in sorted(places, key=lambda pair: pair[0])]


def _one_light(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """The footage of the usual light alone, or of both where the rarer one is not rare."""
    lengths = {
        light: _seconds([piece for piece in pieces if piece.light == light])
        for light in dict.fromkeys(piece.light for piece in pieces)
    }
    if len(lengths) < 2:
        return list(pieces), []
    rare = min(lengths, key=lambda light: lengths[light])
    share = lengths[rare] / (sum(lengths.values()) or 1.0)
    if share >= BOTH_FROM:
        return list(pieces), [f"Footage by day and in infrared was learned together ({share:.0%})."]
    said = f"Footage in the mode {rare} was left out: it is {share:.1%} of all."
    return [piece for piece in pieces if piece.light != rare], [said]


def _confirmed(session: Session, camera: str, root: Path) -> Iterable[Piece]:
    rows = session.execute(
        select(ClipRow, EventRow.light)
        .join(EventRow, EventRow.uid == ClipRow.event)
        .where(
            EventRow.camera == camera,
            EventRow.label == "normal",
            ClipRow.start >= _first(session, camera),
        )
        .order_by(ClipRow.start)
    )
    for clip, light in rows:
        if clip.end > clip.start:
            yield Piece(root / clip.path, clip.start, clip.end, _light(light), confirmed=True)


def _first(session: Session, camera: str) -> float:
    """From when on footage counts, in seconds since 1970-01-01 UTC."""
    row = session.get(CameraRow, camera)
    return 0.0 if row is None else first_of(row.refit)


def _left_out(session: Session, camera: str, now: float) -> tuple[Stretch, ...]:
    flags = session.execute(select(FlagRow.since, FlagRow.until).where(FlagRow.camera == camera))
    events = session.execute(
        select(EventRow.start, EventRow.end).where(
            EventRow.camera == camera,
            or_(EventRow.label == "abnormal", and_(EventRow.label.is_(None), ~EventRow.shadow)),
        )
    )
    stretches = [(since, now if until is None else until) for since, until in flags]
    stretches += [(start - MARGIN_S, end + MARGIN_S) for start, end in events]
    return tuple(sorted(stretches))


def _inside(pieces: Sequence[Piece], left_out: Sequence[Stretch]) -> float:
    """Seconds of pieces that lie in stretches, which are in order and may overlap."""
    apart: list[Stretch] = []
    for start, end in left_out:
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], end)
        else:
            apart.append((start, end))
    return sum(
        max(0.0, min(piece.end, end) - max(piece.start, start))
        for piece in pieces
        for start, end in apart
    )


def _taken(kept: Sequence[Piece], every: Sequence[Piece]) -> str:
    some, whole = duration(_seconds(kept)), duration(_seconds(every))
    return f"The footage was thinned out evenly, from {whole} to {some}."


def _light(value: str) -> Light:
    return "infrared" if value == "infrared" else "day"


def _seconds(pieces: Iterable[Piece]) -> float:
    return sum(piece.seconds for piece in pieces)
