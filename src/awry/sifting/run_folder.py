"""A sifted archive on disk: generations that count as a whole, and what people look at."""

from __future__ import annotations

import csv
import filecmp
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from awry.calls import checked
from awry.errors import BundleError
from awry.foreign import read_json, reading
from awry.methods.sdor import SDOR
from awry.names import shown
from awry.output.tables import Row, write_table
from awry.sifting.facts import check_facts
from awry.sifting.run import GENERATIONS, RankedClip, SiftedRun
from awry.storage import whole_file, whole_folder, write_json

FORMAT = 2  # 1 had the model beside run.json, instead of in a generation's folder
RUN, SCORES, MODEL = "run.json", "scores.csv", "model.safetensors"
FRAME_COLUMNS = ("source", "frame", "time_s", "score")


def save_run(
    run: SiftedRun, method: SDOR, also: Callable[[SiftedRun, Path], object] | None = None
) -> SiftedRun:
    """Write the run's next generation: model and scores, and what `also` adds to its folder.

    All of it counts at once, when `run.json` names the generation. A process that dies before
    then leaves the generation before, whole. Afterwards the tables and pages are copied to
    the run's own folder, where people look for them, and earlier generations are removed.

    Args:
        run: with its scores.
        method: with the learners that gave them.
        also: writes further files, such as `events.csv`, into the folder that it is given.

    Returns:
        The run as it was written.

    Raises:
        WriteError: it cannot be written; the generation before still counts.
    """
    number = 1 + max(_generations(run.folder), default=0)
    run = replace(run, facts={**run.facts, "format": FORMAT, "generation": number})
    with whole_folder(run.home) as folder:
        _write_model(method, folder / MODEL)
        write_scores(run, folder / SCORES)
        if also is not None:
            also(run, folder)
    write_json(run.folder / RUN, {**run.facts, "clips": [_about(clip) for clip in run.clips]})
    publish(run)
    return run


def _write_model(method: SDOR, path: Path) -> None:
    from safetensors.torch import save

    with whole_file(path) as temporary:
        tensors = {name: tensor.contiguous() for name, tensor in method.state().items()}
        temporary.write_bytes(save(tensors))


def write_scores(run: SiftedRun, path: Path) -> None:
    """Write every frame's score, and the parts that it came from."""
    write_table(path, _score_rows(run), [*FRAME_COLUMNS, *run.clips[0].parts])


def _score_rows(run: SiftedRun) -> Iterator[Row]:
    for clip in run.clips:
        for place, index in enumerate(clip.indices):
            time_s = clip.times[place]
            yield {
                "source": clip.name,
                "frame": int(index),
                "time_s": None if np.isnan(time_s) else float(time_s),
                "score": float(clip.scores[place]),
                **{name: float(series[place]) for name, series in clip.parts.items()},
            }


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


def publish(run: SiftedRun) -> None:
    """Copy the tables and pages of the generation that counts to the run's own folder.

    Also mends what a process left undone that died between the two.

    Raises:
        WriteError: it cannot be written.
    """
    if run.home == run.folder:
        return
    for file in run.home.iterdir():
        copy = run.folder / file.name
        if file.name != MODEL and not (copy.is_file() and filecmp.cmp(file, copy, shallow=False)):
            with whole_file(copy) as temporary:
                shutil.copyfile(file, temporary)
    for other in (run.folder / GENERATIONS).iterdir():
        if other != run.home:
            shutil.rmtree(other, ignore_errors=True)
    (run.folder / MODEL).unlink(missing_ok=True)  # of a run from before there were generations


def is_run(folder: Path) -> bool:
    """Whether a folder holds a sifted archive."""
    return (folder / RUN).is_file()


@checked
def load_run(folder: str | Path) -> SiftedRun:
    """Read a run that `awry.sift` made: its scores and settings.

    Args:
        folder: the run's folder.

    Raises:
        BundleError: it is no run, damaged, or of a newer version.
    """
    folder = Path(folder)
    cure = "It is no sifted archive, or damaged. Make one: awry sift."
    facts = read_json(folder / RUN, "a run", BundleError, cure)
    with reading(folder / RUN, "a run", BundleError, cure):
        if facts["format"] > FORMAT:
            raise BundleError(f"The run {folder} was written by a newer awry. Install it.")
        check_facts(facts)
        run = SiftedRun(folder, facts, ())
        with (run.home / SCORES).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        run = replace(run, clips=_clips_of(facts["clips"], rows))
        _ = run.config  # settings that do not fit are refused here
        return run


def _clips_of(
    about: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]]
) -> tuple[RankedClip, ...]:
    clips, begin = [], 0
    for facts in about:
        mine = rows[begin : begin + facts["frames"]]
        begin += facts["frames"]
        spellings = (facts["name"], shown(facts["name"]))
        if len(mine) != facts["frames"] or any(row["source"] not in spellings for row in mine):
            raise ValueError(f"{SCORES} does not fit {RUN}")
        names = [name for name in mine[0] if name not in FRAME_COLUMNS]
        clips.append(
            RankedClip(
                facts["name"],
                facts["scene"],
                facts["fps"],
                np.array([int(row["frame"]) for row in mine], np.int64),
                np.array([float(row["time_s"] or "nan") for row in mine]),
                np.array([float(row["score"]) for row in mine]),
                {name: np.array([float(row[name]) for row in mine]) for name in names},
                facts["lost"],
                tuple(facts["notes"]),
            )
        )
    return tuple(clips)


def load_model(run: SiftedRun) -> SDOR:
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
