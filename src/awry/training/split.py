"""Training footage is cut in time: first train, then validation, then calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awry.errors import ConfigError, FootageError
from awry.foreign import whole_number

PARTS = ("train", "validation", "calibration")
LEAST_TRAINED = 0.2
"""Of all frames at least this share is left to train on."""

SHORTEST_CUT = 10
"""A clip of fewer frames is not cut by itself."""


@dataclass(frozen=True, slots=True)
class Split:
    """Which shares of the normal footage are held back from training.

    Attributes:
        validation: share of the frames, in [0, 0.5), that choices are made on; 0: none.
        calibration: share of the frames, in [0, 0.5), that thresholds are taken from; 0: none.
        per_clip: each clip is cut by itself, as SSMTL section 4.2 does; else all clips of a scene
            laid end to end, so that most stay whole.

    Raises:
        ConfigError: a share is out of range, or both together leave too little to train on.
    """

    validation: float = 0.1
    calibration: float = 0.1
    per_clip: bool = False

    def __post_init__(self) -> None:
        for name, share in (("validation", self.validation), ("calibration", self.calibration)):
            if not 0 <= share < 0.5:
                raise ConfigError(
                    f"--{name} {share:g} is no share of the footage: expected 0 (none is held "
                    "back) or more, and below 0.5."
                )
        if self.held_back > 1 - LEAST_TRAINED:
            raise ConfigError(
                f"--validation {self.validation:g} and --calibration {self.calibration:g} leave "
                f"less than {LEAST_TRAINED:g} of the footage to train on: hold back less."
            )

    @property
    def held_back(self) -> float:
        """The share that is not trained on."""
        return self.validation + self.calibration

    def share(self, part: str) -> float:
        """The share of one of `PARTS`."""
        shares = {"validation": self.validation, "calibration": self.calibration}
        return shares.get(part, 1 - self.held_back)


WHOLE = Split(0, 0)
"""Nothing is held back: what a paper does that trains on all of the training footage."""


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `first` to `last` of a clip, 0-based, `last` exclusive."""

    clip: str
    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Frames that a person took out of the training footage, both ends inclusive."""

    clip: str
    first: int
    last: int

    @classmethod
    def of(cls, exclusion: str | Exclusion) -> Exclusion:
        """An exclusion as a program or a person gives it; see `parse`.

        Raises:
            ConfigError: it is text of another form.
        """
        return cls.parse(exclusion) if isinstance(exclusion, str) else exclusion

    @classmethod
    def parse(cls, text: str) -> Exclusion:
        """Read `clip:first-last`.

        Raises:
            ConfigError: the text is not of that form.

        >>> Exclusion.parse("Train001:10-20")
        Exclusion(clip='Train001', first=10, last=20)
        """
        clip, _, frames = text.rpartition(":")
        first, _, last = frames.partition("-")
        try:
            exclusion = cls(clip, whole_number(first), whole_number(last))
            if not clip or exclusion.last < exclusion.first:
                raise ValueError(text)
        except ValueError as error:
            raise ConfigError(
                f"Cannot read the exclusion '{text}': expected CLIP:FIRST-LAST with 0-based "
                "frames, for example Train001:10-20."
            ) from error
        return exclusion


def split_in_time(
    lengths: Sequence[tuple[str, int]],
    validation: float = 0.1,
    calibration: float = 0.1,
    *,
    shortest: int = 2,
) -> dict[str, list[Span]]:
    """Cut one scene's clips, laid end to end, into train, validation and calibration.

    A cut moves to the nearest clip boundary where one lies within 4 % of the footage, so that
    short clips stay whole; long clips are cut inside.

    Args:
        lengths: clip names and frame counts, in time order.
        validation, calibration: shares of all frames, each in [0, 0.5); a part of share 0 is empty.
        shortest: no piece of a clip is left shorter than this, unless the clip is.

    Returns:
        For each of `PARTS` its spans. Together they cover every frame once.

    Raises:
        FootageError: there are fewer frames than the parts need.

    >>> parts = split_in_time([("a", 50), ("b", 50)])
    >>> [(s.clip, s.first, s.last) for s in parts["calibration"]]
    [('b', 40, 50)]
    """
    total = sum(length for _, length in lengths)
    shares = {"validation": validation, "calibration": calibration}
    held_back = [name for name, share in shares.items() if share]
    _check_length(total, held_back, shortest)
    edges = _edges(lengths)
    second = total
    if calibration:
        least = shortest * len(held_back)
        second = _snap(total * (1 - calibration), edges, total, (least, total - shortest))
    first = second
    if validation:
        wanted = total * (1 - calibration - validation)
        first = _snap(wanted, edges, total, (shortest, second - shortest))
    bounds = {"train": (0, first), "validation": (first, second), "calibration": (second, total)}
    return {part: _spans(lengths, *bounds[part]) for part in PARTS}


def _check_length(total: int, held_back: Sequence[str], shortest: int) -> None:
    needed = shortest * (1 + len(held_back))
    if total >= needed:
        return
    verbs = {"validation": "validate", "calibration": "calibrate"}
    *others, last = ["train", *(verbs[name] for name in held_back)]
    purpose = f"{', '.join(others)} and {last}" if others else last
    raise FootageError(
        f"The training footage has {total} frames; at least {needed} are needed to {purpose}. "
        "Give longer footage."
    )


def _edges(lengths: Sequence[tuple[str, int]]) -> list[int]:
    edges, position = [], 0
    for _, length in lengths:
        position += length
        edges.append(position)
    return edges


def _snap(wanted: float, edges: Sequence[int], total: int, allowed: tuple[int, int]) -> int:
    low, high = allowed
    near = [e for e in edges if abs(e - wanted) <= 0.04 * total and low <= e <= high]
    if near:
        return min(near, key=lambda edge: abs(edge - wanted))
    return min(max(round(wanted), low), high)


def _spans(lengths: Sequence[tuple[str, int]], first: int, last: int) -> list[Span]:
    spans, position = [], 0
    for clip, length in lengths:
        start, end = max(first - position, 0), min(last - position, length)
        if end > start:
            spans.append(Span(clip, start, end))
        position += length
    return spans


def without(spans: Sequence[Span], exclusions: Sequence[Exclusion]) -> list[Span]:
    """Take the excluded frames out of spans, which may split them.

    >>> without([Span("a", 0, 10)], [Exclusion("a", 3, 4)])
    [Span(clip='a', first=0, last=3), Span(clip='a', first=5, last=10)]
    """
    left = list(spans)
    for out in exclusions:
        cut: list[Span] = []
        for span in left:
            if span.clip != out.clip or out.last < span.first or out.first >= span.last:
                cut.append(span)
                continue
            cut.append(Span(span.clip, span.first, max(out.first, span.first)))
            cut.append(Span(span.clip, min(out.last + 1, span.last), span.last))
        left = [span for span in cut if span.length > 0]
    return left


def split_scenes(
    clips: Mapping[str, Sequence[tuple[str, int]]], split: Split
) -> dict[str, list[Span]]:
    """Cut each scene's clips by itself, so that every scene is in every part.

    Args:
        clips: scene -> clip names and frame counts.
        split: the shares, and whether each clip is cut by itself; a clip of fewer than
            `SHORTEST_CUT` frames is then trained on whole.

    >>> parts = split_scenes({"door": [("a", 100), ("b", 20)]}, Split(0.15, 0, per_clip=True))
    >>> [(s.clip, s.first, s.last) for s in parts["validation"]]
    [('a', 85, 100), ('b', 17, 20)]
    """
    parts: dict[str, list[Span]] = {part: [] for part in PARTS}
    for lengths in clips.values():
        for piece in [[one] for one in lengths] if split.per_clip else [lengths]:
            short = split.per_clip and piece[0][1] < SHORTEST_CUT
            shares = (0.0, 0.0) if short else (split.validation, split.calibration)
            for part, spans in split_in_time(piece, *shares, shortest=1 if short else 2).items():
                parts[part] += spans
    return parts


def run_up(parts: Mapping[str, Sequence[Span]], span: Span, wanted: int) -> int:
    """So many frames right before a span that belong to the footage, at most as many as wanted.

    A scorer that sees them first has no warm-up inside the span.

    >>> parts = split_in_time([("a", 50), ("b", 50)])
    >>> [run_up(parts, span, 20) for span in (*parts["train"][:1], *parts["validation"])]
    [0, 20]
    """
    known = [one for part in parts.values() for one in part if one.clip == span.clip]
    first = span.first
    while first > span.first - wanted:
        before = next((one.first for one in known if one.first < first <= one.last), None)
        if before is None:
            break
        first = before
    return min(span.first - first, wanted)
