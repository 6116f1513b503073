"""The normal footage that a method is fitted on, cut in time and decoded once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import FootageError, FrameError, SourceError
from awry.frames import Frame
from awry.names import name_key
from awry.progress import Reporter, Silent
from awry.training.split import Exclusion, Span, Split, split_scenes, without
from awry.video.cache import CachedClip, FrameCache, fingerprint
from awry.video.ignore import IgnoreRegions
from awry.video.one_size import OneSize
from awry.video.pictures import same_aspect
from awry.video.source import Source, SourceHealth
from awry.video.thin import Thinned

_SMALL = (32, 32)
"""Footage that is read for its clips' lengths alone."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive frames of one clip.

    Attributes:
        clip: the clip's name.
        scene: the clip's scene.
        first: index of the run's first frame within the clip.
        images: uint8 (n, h, w, c), c = 1 grey or 3 RGB, mapped from disk.
        fps: frames per second, or None.
        every: frames of the clip as it was filmed from one frame to the next.
        original_size: (H, W) of the clip's frames before resizing; None: as `images`.
    """

    clip: str
    scene: str
    first: int
    images: NDArray[np.uint8]
    fps: float | None
    every: int = 1
    original_size: tuple[int, int] | None = None


class Blanked:
    """A source whose ignored pixels are black."""

    def __init__(self, source: Source, ignore: IgnoreRegions) -> None:
        self._source = source
        self._ignore = ignore
        self.name = source.name
        self.fps = source.fps

    @property
    def health(self) -> SourceHealth:
        """What went wrong while the frames were read."""
        return self._source.health

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._source:
            yield replace(frame, image=self._ignore.black_out(frame.image))


class Footage:
    """Normal clips, cut in time into train, validation and calibration parts.

    Frames are decoded once per working size and kept, resized, in a cache on disk; arrays are
    mapped from there, so memory stays bounded however long the footage is.

    Args:
        clips: normal clips; the order is taken as the order in time within each scene.
        cache: where resized frames are kept.
        variant: the data set's variant, for settings that depend on it.
        ignore: regions whose pixels never count.
        every: keep each n-th frame only.
        max_frames: keep at most so many frames of each clip.
        split: which shares of it are held back.
        calibrate_on: other normal footage, of which every frame belongs to the calibration part.
        exclude: frames taken out by a person.
        reporter: shows how far the reading is.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        cache: FrameCache,
        *,
        variant: str = "",
        ignore: IgnoreRegions | None = None,
        every: int = 1,
        max_frames: int | None = None,
        split: Split | None = None,
        calibrate_on: Footage | None = None,
        exclude: Sequence[Exclusion] = (),
        reporter: Reporter | None = None,
    ) -> None:
        if not clips:
            raise FootageError("There is no normal footage to fit on: the training part is empty.")
        self.clips = tuple(clips)
        self.variant = variant
        self.ignore = ignore or IgnoreRegions.parse([])
        self.notes: list[str] = []
        self.failed: list[str] = []
        self._cache = cache
        self._thin = (every, max_frames)
        self.split = split or Split()
        self.calibrate_on = calibrate_on
        self._exclude = tuple(self._meant(out) for out in exclude)
        self.reporter = reporter or Silent()
        self._parts: dict[str, list[Span]] | None = None
        self._by_name = {clip.name: clip for clip in self.clips}
        self._opened: dict[tuple[str, tuple[int, int] | None, bool], CachedClip] = {}
        self._bad: set[str] = set()

    def _meant(self, out: Exclusion) -> Exclusion:
        """With the clip's name as it is here, however it was composed or encoded."""
        for clip in self.clips:
            if name_key(clip.name) == name_key(out.clip):
                return replace(out, clip=clip.name)
        raise FootageError(
            f"--exclude names the clip '{out.clip}', which is not among the training "
            f"clips ({', '.join(clip.name for clip in self.clips[:5])}, ...)."
        )

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scenes, in the order of their first clip."""
        return tuple(dict.fromkeys(clip.scene for clip in self.clips))

    def of_scene(self, scene: str) -> Footage:
        """The same footage with one scene's clips alone."""
        part = object.__new__(Footage)
        part.__dict__.update(self.__dict__)
        part.clips = tuple(clip for clip in self.clips if clip.scene == scene)
        part._parts = None
        return part

    def alike(self, clips: Sequence[Clip], split: Split) -> Footage:
        """Other clips, read into the same cache with the same thinning and ignored regions."""
        every, max_frames = self._thin
        return Footage(
            clips,
            self._cache,
            variant=self.variant,
            ignore=self.ignore,
            every=every,
            max_frames=max_frames,
            split=split,
            reporter=self.reporter,
        )

    def open(self, clip: Clip) -> Source:
        """The clip's frames, thinned and with ignored pixels black."""
        return opened(clip, self.ignore, *self._thin)

    def _cached(self, clip: Clip, size: tuple[int, int] | None, grey: bool) -> CachedClip | None:
        where = (clip.name, size, grey)
        if clip.name in self._bad:
            return None
        if where not in self._opened:
            try:
                self._opened[where] = self._cache.frames(
                    self._key(clip), lambda: self.open(clip), size, grey
                )
            except (SourceError, FrameError) as error:
                self._bad.add(clip.name)
                self.failed.append(f"{clip.name} was left out: {error}")
                return None
            notes = [f"{clip.name}: {note}" for note in self._opened[where].notes]
            self.failed += [note for note in notes if note not in self.failed]
        return self._opened[where]

    def _is_other_view(self, clip: Clip, cached: CachedClip) -> bool:
        """Whether frames have another aspect ratio than the first good clip's: they are left out.

        A detector is fitted to one view, and would refuse the other when it is calibrated.
        """
        first, size = self.frame_size(), cached.original_size
        if same_aspect(size, first):
            return False
        self._bad.add(clip.name)
        self.failed.append(
            f"{clip.name} was left out: its frames are {size[1]}x{size[0]}, those of the first "
            f"clip {first[1]}x{first[0]}; another aspect ratio is another view."
        )
        return True

    def _key(self, clip: Clip) -> str:
        return clip_key(clip, self.ignore, *self._thin)

    def fingerprint(self) -> str:
        """SHA-256 over the clips' own fingerprints, for the bundle's manifest."""
        keys = []
        for clip in self.clips:
            with suppress(SourceError):  # a clip that cannot be opened is no part of the fit
                keys.append(self._key(clip))
        return hashlib.sha256("".join(keys).encode()).hexdigest()

    def contents(self) -> dict[str, str]:
        """Clip's name -> what stands for its files' content, by which other files are noticed."""
        digests = {}
        for clip in self.clips:
            with suppress(SourceError):
                source = clip.open()
                about = f"{content_key(source)} {source.fps}"
                digests[clip.name] = hashlib.sha256(about.encode()).hexdigest()[:12]
        return digests

    def runs(
        self, part: str, size: tuple[int, int] | None = None, *, grey: bool = False
    ) -> list[Run]:
        """Consecutive frames of one part of the footage; a run ends where frames were lost.

        Args:
            part: `train`, `validation` or `calibration`; one that the split leaves out has none.
            size: working size (h, w); None keeps the frames' own size.
            grey: one channel instead of three.

        Raises:
            FootageError: no clip can be read, or the cache's limit would be exceeded.
        """
        if part == "calibration" and self.calibrate_on is not None:
            return self.calibrate_on.runs("train", size, grey=grey)
        readable: list[tuple[Clip, CachedClip]] = []
        good = [clip.name for clip in self.clips if clip.name not in self._bad]
        new = any((name, size, grey) not in self._opened for name in good)
        if new:
            self.reporter.start("reading frames", len(self.clips), 0)
        for clip in self.clips:
            cached = self._cached(clip, size, grey)
            usable = cached is not None and not self._is_other_view(clip, cached)
            if cached is not None and usable and len(cached.images):
                readable.append((clip, cached))
            if new:
                self.reporter.advance({})
        if not readable:
            raise FootageError("No training clip could be read. " + " ".join(self.failed[:3]))
        opened = {clip.name: (clip, cached) for clip, cached in readable}
        if self._parts is None:
            self._parts = self._split(readable)
        runs = []
        for span in self._parts[part]:
            runs += _runs(span, *opened[span.clip], self._thin[0])
        return runs

    def _split(self, found: Sequence[tuple[Clip, CachedClip]]) -> dict[str, list[Span]]:
        scenes: dict[str, list[tuple[str, int]]] = {}
        for clip, cached in found:
            # Spans count the clip's own frames, some of which may have been lost.
            length = int(cached.frame_indices[-1]) + 1
            scenes.setdefault(clip.scene, []).append((clip.name, length))
        parts = split_scenes(scenes, self.split)
        kept = {part: without(spans, self._exclude) for part, spans in parts.items()}
        for part, spans in kept.items():
            if not spans and self.split.share(part):
                why = (
                    "after --exclude; exclude less or give more footage"
                    if self._exclude
                    else f"to hold back; give more footage, or longer clips, or --{part} 0"
                )
                raise FootageError(f"Nothing is left of the footage's {part} part {why}.")
        return kept

    @property
    def parts(self) -> dict[str, list[Span]]:
        """The spans of each part; known after the first call of `runs`, for each scene or all."""
        if self._parts is None:
            read = {name: cached for (name, _, _), cached in self._opened.items()}
            readable = [(clip, read[clip.name]) for clip in self.clips if clip.name in read]
            if all(clip.name in read or clip.name in self._bad for clip in self.clips):
                self._parts = self._split(readable)
        if self._parts is None:
            raise FootageError("The footage has not been read yet: call runs() first.")
        return self._parts

    def note_normality(self, why: str, what: str = "what is normal") -> None:
        """Note that something was measured on frames that were trained on.

        Args:
            why: the held-back footage did not do, where there was any.
            what: was to be measured on it.
        """
        reason = why if self.split.validation else "No footage was held back for validation"
        self.notes.append(
            f"{reason}: {what} was measured on the training frames, so that scores come out too "
            "high."
        )

    def calibration(self) -> tuple[Footage, list[Span]]:
        """Whose clips the calibration part is of, and its spans; none where nothing is held back.

        Raises:
            FootageError: none of its clips can be read.
        """
        if self.calibrate_on is None:
            return self, self.parts["calibration"]
        self.calibrate_on.runs("train", _SMALL, grey=True)  # for the clips' lengths
        return self.calibrate_on, self.calibrate_on.parts["train"]

    def is_grey(self) -> bool:
        """Whether the first frame of each of the first good clips has three equal channels.

        A difference of 2 in 255 is forgiven: JPEG and video round.
        """
        return all(
            int(np.ptp(frame.image, axis=2).max()) <= 2 for frame in islice(self._first_frames(), 4)
        )

    def frame_size(self) -> tuple[int, int]:
        """(H, W) of the first good clip's frames as they were before resizing."""
        for cached in self._opened.values():
            return cached.original_size  # all others are held to it
        for frame in self._first_frames():
            return frame.image.shape[0], frame.image.shape[1]
        raise FootageError("No training clip has a frame that can be read.")

    def _first_frames(self) -> Iterator[Frame]:
        for clip in self.clips:
            with suppress(SourceError):  # `runs` will leave it out and say so
                yield from islice(clip.open(), 1)

    def clip_named(self, name: str) -> Clip:
        """The training clip of that name."""
        return self._by_name[name]


def _runs(span: Span, clip: Clip, cached: CachedClip, every: int) -> list[Run]:
    """The frames of a span, cut where some were lost."""
    indices = cached.frame_indices
    first, last = np.searchsorted(indices, [span.first, span.last])
    cuts = first + 1 + np.flatnonzero(np.diff(indices[first:last]) > 1)
    bounds = zip([first, *cuts], [*cuts, last], strict=True)
    return [
        Run(
            clip.name,
            clip.scene,
            int(indices[begin]),
            cached.images[begin:end],
            cached.fps,
            every,
            cached.original_size,
        )
        for begin, end in bounds
        if begin < end
    ]


def opened(
    clip: Clip, ignore: IgnoreRegions, every: int = 1, max_frames: int | None = None
) -> Source:
    """A clip's frames of one size, thinned and with ignored pixels black.

    Raises:
        SourceError: it cannot be opened.
    """
    source: Source = OneSize(clip.open())
    if every > 1 or max_frames is not None:
        source = Thinned(source, every, max_frames)
    return Blanked(source, ignore)


def clip_key(
    clip: Clip, ignore: IgnoreRegions, every: int = 1, max_frames: int | None = None
) -> str:
    """What stands for the frames that `opened` gives: SHA-256 in hexadecimal.

    Raises:
        SourceError: it cannot be opened.
    """
    source = clip.open()
    thin = (every, max_frames)
    settings = (content_key(source), source.fps, clip.name, thin, ignore.specs)
    return hashlib.sha256(repr(settings).encode()).hexdigest()


def content_key(source: Source) -> str:
    """What stands for a source's content: equal keys, equal frames.

    Files go by name, size and content, arrays by their bytes; a part of a source also by bounds.
    Anything else gets a key of its own each time, so that nothing stale is ever used.
    """
    inner = getattr(source, "source", None)
    if inner is not None:
        bounds = [getattr(source, name, None) for name in ("first", "last", "every", "max_frames")]
        return f"{content_key(inner)} {bounds}"
    if isinstance(path := getattr(source, "path", None), Path):
        return fingerprint(path)
    if isinstance(images := getattr(source, "images", None), np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()
    return uuid4().hex


def working_folder(bundle: Path) -> Path:
    """Where a fit keeps its frame cache and checkpoint until the bundle is whole."""
    place = bundle if bundle.name else bundle.resolve()
    return place.with_name(place.name + ".work")


def is_begun(work: Path) -> bool:
    """Whether a working folder holds a checkpoint."""
    return any(path.is_file() for path in (work / "fit").rglob("*"))


def remove_working_folder(bundle: Path, cache: Path | None) -> None:
    """The bundle is whole: what the fit kept goes, but never a cache that the user chose."""
    work = working_folder(bundle)
    for entry in (work / "fit", work / "fit.json", work / "frames"):
        if cache is not None and cache.resolve().is_relative_to(entry.resolve()):
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    with suppress(OSError):  # somebody else's files stay
        work.rmdir()
