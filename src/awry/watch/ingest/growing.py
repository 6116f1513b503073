"""A file of packets from its first to its last one, and the message that tells of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from awry.errors import AwryError
from awry.watch.ingest.adopt import Adopted, adopt, settled
from awry.watch.ingest.clip_file import FILE_ERRORS, SUFFIX, CopiedFile, Copier, Disk, Facts
from awry.watch.ingest.masked import MaskedFile, Polygons
from awry.watch.ingest.packets import Codec, Piece
from awry.watch.messages import FileWritten


class GrowingFile:
    """Grows under the name of its own with `.part` behind, until it is finished or rescued.

    Args:
        root: of the store.
        path: in the store; nothing stands there.
        piece: the first packet, a key one.
        facts: what the file says of itself.
        disk: how files come and go.
        audio: codec of the sound; None: it is left out.
        masked: polygons as shares of the picture that are blackened, which encodes it anew;
            none: packets are copied.

    Raises:
        FileExistsError: another file is growing there.
        OSError: the disk is full or gone.
        AwryError: MP4 cannot hold this video.
    """

    def __init__(
        self,
        root: Path,
        path: str,
        piece: Piece,
        facts: Facts,
        disk: Disk,
        *,
        audio: Codec | None = None,
        masked: Polygons = (),
    ) -> None:
        if not root.is_dir():
            # Its folders would be made anew, on the disk below.
            raise FileNotFoundError(2, "the folder of the store is gone")
        self._root, self._path, self._facts, self._disk = root, path, facts, disk
        self._first, self._codec = piece, piece.codec
        self._end = piece.at
        self.notes: list[str] = [facts.note] if facts.note else []
        stream = disk.create(self.part)
        try:
            self._file: Copier = (
                MaskedFile(stream, piece.codec, facts, masked)
                if masked
                else CopiedFile(stream, piece.codec, audio, facts)
            )
        except (AwryError, *FILE_ERRORS):
            stream.close()
            self.part.unlink(missing_ok=True)
            raise
        if self._file.note:
            self.notes.append(self._file.note)

    @property
    def part(self) -> Path:
        """Where it grows."""
        return self._root / (self._path + SUFFIX)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.size

    def takes(self, piece: Piece) -> bool:
        """Whether a packet belongs to the same connection and codec."""
        return piece.run == self._first.run and (piece.audio or self._codec.same_as(piece.codec))

    def write(self, piece: Piece) -> None:
        """Append the next packet.

        Raises:
            OSError: the disk is full or gone.
            AwryError: it cannot be encoded anew.
        """
        self._file.write(piece)
        if not piece.audio:
            self._end = max(self._end, piece.at + float(piece.duration * piece.time_base))

    def finish(self) -> FileWritten:
        """All packets are there: the file takes its name.

        Raises:
            OSError: the disk is full or gone; `rescue` may keep what is whole.
        """
        self._file.finish()
        path = settled(self.part, self._root / self._path, self._disk)
        seconds = self._end - self._first.at
        facts = replace(self._facts, note=" ".join(self.notes))
        size, codec = path.stat().st_size, self._file.codec
        done = Adopted(path, facts, facts.start + seconds, size, codec)
        return done.message(self._root)

    def rescue(self) -> FileWritten | None:
        """Writing failed: keep what is whole of it; None where nothing is."""
        self._file.drop()
        try:
            adopted = adopt(self.part, self._disk)
        except OSError:
            return None  # the next start tries again
        return None if adopted is None else adopted.message(self._root)

    def drop(self) -> None:
        """Leave nothing of it.

        Raises:
            OSError: the disk is gone.
        """
        self._file.drop()
        self.part.unlink(missing_ok=True)
