"""Seeded corruptions of footage, to measure what bad weather and bad cameras do to a detector.

Each is there at severities 1 to 5. A corruption follows from seed, clip name and corruption
alone: severities share their random numbers, so that they differ in strength only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from awry.datasets.base import Clip
from awry.errors import ConfigError, nearest
from awry.frames import Frame
from awry.studies.corruptions import camera, light, stream, weather
from awry.studies.corruptions.conditions import Conditions
from awry.video.source import Source, SourceHealth

__all__ = [
    "CORRUPTIONS",
    "SEVERITIES",
    "Corrupted",
    "Corruption",
    "choose",
    "corrupt",
    "corrupted_clip",
]

SEVERITIES = (1, 2, 3, 4, 5)
# Where nobody knows how long a clip is, a change from its middle on comes here.
MIDDLE_OF_UNKNOWN = 100


@dataclass(frozen=True, slots=True)
class Corruption:
    """One way to spoil footage.

    Attributes:
        name: as `--corruptions` takes it.
        levels: the strength at severities 1 to 5.
        words: a level in few words, for tables.
        apply: frames of a clip, a level and the clip's conditions to spoiled frames.
    """

    name: str
    levels: tuple[float, float, float, float, float]
    words: str
    apply: Callable[[Iterable[Frame], float, Conditions], Iterator[Frame]]

    def says(self, severity: int) -> str:
        """What a severity is, in few words: `contrast x 0.5`."""
        return self.words.format(self.levels[severity - 1])


_ALL = (
    Corruption("brightness", (0.9, 0.8, 0.7, 0.6, 0.5), "light x {:g}", light.brightness),
    Corruption("exposure", (0.3, 0.6, 1.0, 1.4, 1.8), "+{:g} stops", light.exposure),
    Corruption("contrast", (0.8, 0.65, 0.5, 0.35, 0.2), "contrast x {:g}", light.contrast),
    Corruption("blur", (0.4, 0.8, 1.3, 2.0, 3.0), "disc of {:g} %", camera.blur),
    Corruption("noise", (4, 8, 14, 22, 32), "sigma {:g}", camera.noise),
    Corruption("fog", (0.3, 0.6, 1.0, 1.6, 2.4), "depth {:g}", weather.fog),
    Corruption("rain", (60, 120, 220, 360, 560), "{:g} drops", weather.rain),
    Corruption("rain_redrawn_heavy", (1.0, 0.875, 0.75, 0.625, 0.5), "light x {:g}", weather.HEAVY),
    Corruption(
        "rain_redrawn_torrential",
        (1.0, 0.875, 0.75, 0.625, 0.5),
        "light x {:g}",
        weather.TORRENTIAL,
    ),
    Corruption("compression", (40, 25, 15, 8, 4), "quality {:g}", camera.compression),
    Corruption("dropped", (2, 5, 10, 20, 40), "{:g} % lost", stream.dropped),
    Corruption("frozen", (5, 10, 20, 35, 50), "{:g} % frozen", stream.frozen),
    Corruption("shake", (0.2, 0.5, 1.0, 1.8, 3.0), "sigma {:g} %", camera.shake),
    Corruption("night", (0.85, 0.7, 0.55, 0.42, 0.32), "light x {:g}", light.night),
)
CORRUPTIONS: dict[str, Corruption] = {corruption.name: corruption for corruption in _ALL}


def choose(names: Sequence[str]) -> list[Corruption]:
    """The corruptions of those names; `rain_redrawn` stands for all that begin so.

    Raises:
        ConfigError: an unknown name; the nearest is suggested.
    """
    chosen: dict[str, Corruption] = {}
    for name in names:
        group = (
            [name] if name in CORRUPTIONS else [n for n in CORRUPTIONS if n.startswith(f"{name}_")]
        )
        if not group:
            raise ConfigError(f"There is no corruption '{name}': {nearest(name, CORRUPTIONS)}.")
        chosen |= {member: CORRUPTIONS[member] for member in group}
    return list(chosen.values())


def corrupt(
    frames: Iterable[Frame],
    name: str,
    severity: int,
    seed: int,
    *,
    clip: str = "",
    length: int | None = None,
) -> Iterator[Frame]:
    """Spoil the frames of a clip, one by one, without looking ahead.

    Sizes, dtypes, indices and times stay, and every frame comes out, but for `dropped`, which
    leaves frames out.

    Args:
        frames: of one clip, in order; not changed.
        name: one of `CORRUPTIONS`.
        severity: 1 to 5.
        seed: with the clip's name it decides every random number.
        clip: the clip's name.
        length: the clip's number of frames, for what sets in at its middle (`night`); None: as
            `frames` says, else that comes at frame 100.

    Raises:
        ConfigError: an unknown corruption or severity.
    """
    if name not in CORRUPTIONS:
        raise ConfigError(f"There is no corruption '{name}': {nearest(name, CORRUPTIONS)}.")
    if severity not in SEVERITIES:
        raise ConfigError(f"Severity {severity} of {name}: expected 1, 2, 3, 4 or 5.")
    if length is None and isinstance(frames, Sequence):
        length = len(frames)
    middle = MIDDLE_OF_UNKNOWN if length is None else length // 2
    corruption = CORRUPTIONS[name]
    conditions = Conditions.of(seed, clip, name, middle)
    return corruption.apply(frames, corruption.levels[severity - 1], conditions)


class Corrupted:
    """A source whose frames are spoiled; see `corrupt` for the arguments.

    Attributes:
        dropped: indices of frames that the corruption left out; known after the last frame.
    """

    # The inner source is private: who caches frames by their source must not take one for the
    # other.
    def __init__(
        self,
        source: Source,
        name: str,
        severity: int,
        seed: int,
        *,
        clip: str = "",
        length: int | None = None,
    ) -> None:
        self._source = source
        self._corrupt = partial(
            corrupt, name=name, severity=severity, seed=seed, clip=clip, length=length
        )
        self.name = source.name
        self.fps = source.fps
        self.dropped: list[int] = []

    @property
    def health(self) -> SourceHealth:
        """What went wrong while the frames were read; the corruption itself is no part of it."""
        return self._source.health

    def __iter__(self) -> Iterator[Frame]:
        self.dropped = []
        waiting: list[int] = []

        def watched() -> Iterator[Frame]:
            for frame in self._source:
                waiting.append(frame.index)
                yield frame

        for frame in self._corrupt(watched()):
            self.dropped += [index for index in waiting if index != frame.index]
            waiting.clear()
            yield frame
        self.dropped += waiting


def corrupted_clip(clip: Clip, name: str, severity: int, seed: int) -> Clip:
    """The clip with spoiled frames; labels, masks and tracks stay.

    Raises:
        ConfigError: an unknown corruption or severity.
    """
    corrupt([], name, severity, seed)

    def opened() -> Corrupted:
        length = None if clip.labels is None else len(clip.labels())
        return Corrupted(clip.open(), name, severity, seed, clip=clip.name, length=length)

    return replace(clip, open=opened)
