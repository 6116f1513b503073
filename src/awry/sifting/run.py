"""A sifted archive on disk: its ranking, its events, its learners."""

from __future__ import annotations

import csv
import filecmp
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import BundleError
from awry.foreign import read_json, reading
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.samples import Archive
from awry.scoring.events import EventOptions, find_runs
from awry.sifting.facts import check_facts
from awry.sifting.scenes import ScenesBy
from awry.storage import whole_file, whole_folder, write_json

FORMAT = 2  # 1 had the model beside run.json, instead of in a generation's folder
RUN, SCORES, MODEL = "run.json", "scores.csv", "model.safetensors"
GENERATIONS = "generations"
Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SiftOptions:
    """How an archive is sifted.

    Attributes:
        preset: name of SDOR's preset.
        changes: settings that differ from the preset's.
        seed: every random choice follows from it.
        ignore: regions whose pixels never count.
        every: take each n-th frame.
        cache_gib: most GiB that the activations may take.
        resume: go on with an interrupted run.
        scenes_by: how scenes are told apart where no data set names them, see
            `awry.sifting.scenes.with_scenes`.
        overwrite: throw away the checkpoint of a run that was stopped.
    """

    preset: str = "cpu"
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    ignore: Sequence[str] = ()
    every: int = 1
    cache_gib: float = 40.0
    resume: bool = False
    scenes_by: ScenesBy = "picture"
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class RankedClip:
    """A clip of the archive with its frames' scores.

    Attributes:
        name, scene: of the clip.
        fps: frames per second before thinning, or None.
        indices: int64 (n,), the frames' positions in the clip.
        times: float64 (n,), seconds; NaN where unknown.
        scores: float64 (n,), higher = stranger.
        parts: name -> float64 (n,): `sp`, `isolation_forest`, `initial`, `round_1`, ...
        lost: frames that could not be read.
        notes: what went wrong while it was read, one sentence each.
    """

    name: str
    scene: str
    fps: float | None
    indices: NDArray[np.int64]
    times: Series
    scores: Series
    parts: Mapping[str, Series]
    lost: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedEvent:
    """A moment of the ranking: a run of top-ranked frames.

    Attributes:
        clip: number of its clip.
        first, last, peak: places in the clip's arrays, all inclusive.
        score: the highest.
    """

    clip: int
    first: int
    last: int
    peak: int
    score: float


def ranked_clips(
    archive: Archive, scores: Series, parts: Mapping[str, Series]
) -> tuple[RankedClip, ...]:
    """An archive's clips with their share of the scores (n,)."""
    found = []
    for number, clip in enumerate(archive.clips):
        own = archive.slice_of(number)
        found.append(
            RankedClip(
                clip.name,
                clip.scene,
                clip.fps,
                clip.indices,
                clip.times,
                scores[own],
                {name: series[own] for name, series in parts.items()},
                clip.lost,
                clip.notes,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Run:
    """A sifted archive.

    Attributes:
        folder: where it is kept.
        method: with its learners; None where only scores were read.
        facts: what `run.json` holds beside the clips.
        clips: with their scores.
        archive: the frames' activations; None where only scores were read.
    """

    folder: Path
    method: SDOR | None
    facts: Mapping[str, Any]
    clips: tuple[RankedClip, ...]
    archive: Archive | None = None

    @property
    def config(self) -> SDORConfig:
        """The learner's settings."""
        return SDORConfig(**self.facts["config"])

    @property
    def options(self) -> SiftOptions:
        """How the archive is read again."""
        return SiftOptions(
            preset=self.facts["preset"],
            seed=self.facts["seed"],
            ignore=tuple(self.facts["ignore"]),
            every=self.facts["every"],
        )

    @property
    def scores(self) -> Series:
        """Of all frames, clip after clip, float64 (n,)."""
        return np.concatenate([clip.scores for clip in self.clips])

    def events(self) -> list[RankedEvent]:
        """Runs of top-ranked frames, the strangest first; near-duplicates are one event."""
        return rank_events([clip.scores for clip in self.clips], self.config.abnormal_share)

    def events_below(self, share: float) -> list[RankedEvent]:
        """What follows the events when a larger share of the frames counts as top-ranked."""
        return rank_events([clip.scores for clip in self.clips], share, self.events())

    @property
    def home(self) -> Path:
        """The folder of the generation that counts, with the model and the scores."""
        number = self.facts.get("generation", 0)
        return self.folder / GENERATIONS / str(number) if number else self.folder

    def save(self, also: Callable[[Path], None] = lambda folder: None) -> Run:
        """Write the run's next generation: model and scores, and what `also` adds to its folder.

        All of it counts at once, when `run.json` names the generation. A process that dies before
        then leaves the generation before, whole. Afterwards the tables and pages are copied to
        the run's own folder, where people look for them, and earlier generations are removed.

        Args:
            also: writes further files, such as `events.csv`, into the folder that it is given.

        Returns:
            The run as it was written.

        Raises:
            WriteError: it cannot be written; the generation before still counts.
        """
        number = 1 + max(_generations(self.folder), default=0)
        run = replace(self, facts={**self.facts, "format": FORMAT, "generation": number})
        with whole_folder(run.home) as folder:
            run._write_model(folder / MODEL)
            run._write_scores(folder / SCORES)
            also(folder)
        write_json(run.folder / RUN, {**run.facts, "clips": [_about(clip) for clip in run.clips]})
        publish(run)
        return run

    def _write_model(self, path: Path) -> None:
        from safetensors.torch import save

        if self.method is not None:
            with whole_file(path) as temporary:
                tensors = {n: t.contiguous() for n, t in self.method.state().items()}
                temporary.write_bytes(save(tensors))

    def _write_scores(self, path: Path) -> None:
        names = list(self.clips[0].parts)
        with (
            whole_file(path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["source", "frame", "time_s", "score", *names])
            for clip in self.clips:
                columns = [clip.scores, *(clip.parts[name] for name in names)]
                for place, index in enumerate(clip.indices):
                    time_s = "" if np.isnan(clip.times[place]) else repr(float(clip.times[place]))
                    values = [repr(float(column[place])) for column in columns]
                    writer.writerow([clip.name, int(index), time_s, *values])

    def with_scores(self, scores: Series, name: str) -> Run:
        """The run with other scores (n,), which stand under `name` beside the earlier ones."""
        clips, begin = [], 0
        for clip in self.clips:
            own = scores[begin : begin + len(clip.indices)]
            begin += len(clip.indices)
            clips.append(replace(clip, scores=own, parts={**clip.parts, name: own}))
        return replace(self, clips=tuple(clips))


def _generations(folder: Path) -> list[int]:
    """Numbers of the generations that stand in a run's folder, whether they count or not."""
    parent = folder / GENERATIONS
    names = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    return [int(name) for name in names if name.isdecimal()]


def _about(clip: RankedClip) -> dict[str, Any]:
    return {
        "name": clip.name,
        "scene": clip.scene,
        "fps": clip.fps,
        "frames": len(clip.indices),
        "lost": clip.lost,
        "notes": list(clip.notes),
    }


def publish(run: Run) -> None:
    """Copy the tables and pages of the generation that counts to the run's own folder.

    Also mends what a process left undone that died between the two.

    Raises:
        WriteError: it cannot be written.
    """
    if run.home == run.folder:
        return
    for file in run.home.iterdir():
        shown = run.folder / file.name
        if file.name != MODEL and not (shown.is_file() and filecmp.cmp(file, shown, shallow=False)):
            with whole_file(shown) as temporary:
                shutil.copyfile(file, temporary)
    for other in (run.folder / GENERATIONS).iterdir():
        if other != run.home:
            shutil.rmtree(other, ignore_errors=True)
    (run.folder / MODEL).unlink(missing_ok=True)  # of a run from before there were generations


def rank_events(
    scores: Sequence[Series], share: float, without: Sequence[RankedEvent] = ()
) -> list[RankedEvent]:
    """Runs of the top-ranked frames of several clips, the strangest first.

    Args:
        scores: (n,) of each clip.
        share: of all frames that count as top-ranked.
        without: events whose frames are left out, with the frames so near that they would be
            merged with them.
    """
    every = np.concatenate(list(scores))
    if not every.size or float(np.ptp(every)) == 0:
        return []
    threshold = top_threshold(every, share)
    options = EventOptions(hysteresis=0.0, min_length=1)
    rest = [series.copy() for series in scores]
    for event in without:
        around = max(0, event.first - options.merge_gap)
        rest[event.clip][around : event.last + options.merge_gap + 1] = -np.inf
    found = []
    for number, series in enumerate(rest):
        for first, last in find_runs(series, threshold, options):
            peak = first + int(np.argmax(series[first : last + 1]))
            found.append(RankedEvent(number, first, last, peak, float(series[peak])))
    return sorted(found, key=lambda event: -event.score)


def top_threshold(scores: Series, share: float) -> float:
    """The score that the top-ranked share of frames lies above."""
    return float(np.quantile(scores, 1 - share))


def is_run(folder: Path) -> bool:
    """Whether a folder holds a sifted archive."""
    return (folder / RUN).is_file()


def load_run(folder: Path) -> Run:
    """A run's scores and settings, without its model.

    Raises:
        BundleError: it is no run, damaged, or of a newer version.
    """
    cure = "It is no sifted archive, or damaged. Make one: awry sift."
    facts = read_json(folder / RUN, "a run", BundleError, cure)
    with reading(folder / RUN, "a run", BundleError, cure):
        if facts["format"] > FORMAT:
            raise BundleError(f"The run {folder} was written by a newer awry. Install it.")
        check_facts(facts)
        run = Run(folder, None, facts, ())
        with (run.home / SCORES).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        run = replace(run, clips=_clips_of(facts["clips"], rows))
        assert run.config
        return run


def _clips_of(
    about: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]]
) -> tuple[RankedClip, ...]:
    clips, begin = [], 0
    for one in about:
        mine = rows[begin : begin + one["frames"]]
        begin += one["frames"]
        if len(mine) != one["frames"] or any(row["source"] != one["name"] for row in mine):
            raise ValueError(f"{SCORES} does not fit {RUN}")
        names = [name for name in mine[0] if name not in ("source", "frame", "time_s", "score")]
        clips.append(
            RankedClip(
                one["name"],
                one["scene"],
                one["fps"],
                np.array([int(row["frame"]) for row in mine], np.int64),
                np.array([float(row["time_s"] or "nan") for row in mine]),
                np.array([float(row["score"]) for row in mine]),
                {name: np.array([float(row[name]) for row in mine]) for name in names},
                one["lost"],
                tuple(one["notes"]),
            )
        )
    return tuple(clips)


def load_model(run: Run) -> SDOR:
    """The run's learners, and its pretrained backbone for reading the archive again.

    Raises:
        BundleError: the model is damaged or does not fit.
        MissingError: the backbone's weights are not there.
    """
    from safetensors.torch import load_file

    method = SDOR(run.config)
    with reading(run.home / MODEL, "a run's learners", BundleError, "Sift again."):
        tensors = load_file(run.home / MODEL)
    method.load_state(tensors, pretrained=True)
    return method
