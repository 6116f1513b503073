"""Files that a dead process left: cut to their last whole fragment, they are files like others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import av

from awry.watch.ingest.clip_file import FILE_ERRORS, SUFFIX, Disk, Facts, RealDisk
from awry.watch.messages import FileWritten
from awry.watch.store.layout import Layout

CUT_NOTE = "Its end was lost."
# Files that stand whole for less than this are told of again at start: whoever wrote them may have
# died before the keeper knew. The keeper does each message once.
_TOLD_AGAIN_S = 3600.0
# Bytes of the box that ends a file (ISO/IEC 14496-12, 8.8.11).
_TAIL = 16


@dataclass(frozen=True, slots=True)
class Adopted:
    """A file that stands whole.

    Attributes:
        path: where.
        facts: what it says of itself.
        end: of its last picture, seconds since 1970-01-01 UTC.
        bytes: its size.
        codec: of its video.
        cut: bytes that were cut off its end.
    """

    path: Path
    facts: Facts
    end: float
    bytes: int
    codec: str
    cut: int = 0

    def message(self, root: Path) -> FileWritten:
        """For the keeper.

        Args:
            root: of the store.
        """
        path = self.path.relative_to(root).as_posix()
        facts = self.facts
        return FileWritten(
            file_uid(path),
            facts.camera,
            facts.kind,
            path,
            facts.start,
            self.end,
            self.bytes,
            codec=self.codec,
            event=facts.event,
            part=facts.part,
            light=facts.light,
            note=facts.note,
        )


def file_uid(path: str) -> str:
    """The uid of the message that tells of a file: the same whenever it is told again."""
    return hashlib.sha256(path.encode()).hexdigest()[:32]


def adopt(part: Path, disk: Disk | None = None) -> Adopted | None:
    """Make a file that was cut short a whole one, and give it its name; never another's.

    Args:
        part: ends in `.part`; nobody writes it any more.
        disk: how files come and go.

    Returns:
        The file; None where it holds no whole fragment (it is removed then) or is none of ours.

    Raises:
        OSError: the disk is full or gone.
    """
    whole, size = whole_bytes(part), part.stat().st_size
    if not whole:
        if not size or _is_begun(part):
            part.unlink()
        return None
    with part.open("r+b") as file:
        file.truncate(whole)
        file.seek(max(0, whole - _TAIL))
        in_order = file.read(_TAIL)[4:8] == b"mfro"  # FFmpeg's last word
    found = read_file(part)
    if found is None:
        return None
    path = settled(part, part.with_name(part.name.removesuffix(SUFFIX)), disk or RealDisk())
    facts = found.facts
    if not in_order:
        facts = replace(facts, note=f"{facts.note} {CUT_NOTE}".strip())
    return Adopted(path, facts, found.end, whole, found.codec, size - whole)


def settled(part: Path, path: Path, disk: Disk) -> Path:
    """Give a written file its name, or the next free one beside it.

    Raises:
        OSError: the disk is full or gone.
    """
    for number in range(1, 1000):
        try:
            disk.settle(part, path)
            return path
        except FileExistsError:
            path = path.with_name(f"{part.name.removesuffix(f'.mp4{SUFFIX}')}-again{number}.mp4")
    raise FileExistsError(17, f"{path.name} is taken")


def whole_bytes(path: Path) -> int:
    """Bytes up to the end of the last whole fragment of an MP4; 0 where there is none."""
    size = path.stat().st_size
    kept, header, fragment = 0, False, False
    with path.open("rb") as file:
        for kind, end in _boxes(file, size):
            if kind == b"moov":
                header = True
            elif kind == b"moof":
                fragment = True
            elif kind == b"mdat" and fragment and header:
                kept, fragment = end, False
            elif kind == b"mfra" and kept:
                kept = end  # it was ended in order
    return kept


def _boxes(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    """Kind and end of each whole box (ISO/IEC 14496-12, 4.2)."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8 or place + length > size:
            return
        place += length
        yield kind, place


def _is_begun(path: Path) -> bool:
    """Whether it is a file that we began and that holds no picture yet."""
    with path.open("rb") as file:
        return file.read(8)[4:] in (b"ftyp", b"")


def read_file(path: Path) -> Adopted | None:
    """What a file of ours holds; None where it is none, or cannot be read."""
    try:
        with av.open(str(path)) as container:
            facts = Facts.read(container.metadata)
            if facts is None or not container.streams.video:
                return None
            video = container.streams.video[0]
            first = last = None
            for packet in container.demux(video):
                if packet.pts is None:
                    continue
                end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                first = float(packet.pts * packet.time_base) if first is None else first
                last = max(last or end_s, end_s)
            end = facts.start + ((last or 0.0) - (first or 0.0))
            return Adopted(path, facts, end, path.stat().st_size, video.codec_context.name)
    except FILE_ERRORS:
        return None


def adopt_all(root: Path, camera: str, now: float) -> Iterator[FileWritten]:
    """What a camera's dead process left, and what it may have had no time to tell of.

    Args:
        root: of the store.
        camera: whose.
        now: seconds since 1970-01-01 UTC, as files' times are.
    """
    layout = Layout(root)
    adopted_now = set()
    for folder in (layout.media / camera, layout.footage / camera):
        for part in sorted(folder.rglob(f"*.mp4{SUFFIX}")):
            try:
                adopted = adopt(part)
            except OSError:
                continue  # the next start tries again
            if adopted is not None:
                adopted_now.add(adopted.path)
                yield adopted.message(root)
        for path in sorted(folder.rglob("*.mp4")):
            if path not in adopted_now and abs(now - path.stat().st_mtime) < _TOLD_AGAIN_S:
                found = read_file(path)
                if found is not None:
                    yield found.message(root)
