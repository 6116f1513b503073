"""Sifting an archive without labels: frames in, a ranking out, as a run's folder.

run.json             what was sifted and how; the learner's settings; which generation counts
scores.csv           every frame with its score, the generic detectors' and each round's
events.csv           the top-ranked moments, the strangest first
generations/N/       the learners (model.safetensors) and the scores that they gave
archive/             what the frozen stages said of every frame, for learning from feedback
feedback.jsonl       what a person marked (see `awry review`)
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from awry.begun import differences
from awry.datasets.base import Clip
from awry.errors import ConfigError, FootageError, SourceError
from awry.foreign import read_json
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.reading import Stretch, read_archive
from awry.methods.sdor.samples import Archive
from awry.progress import Reporter, Silent
from awry.sifting.run import FORMAT, RankedClip, RankedEvent, Run, SiftOptions, ranked_clips
from awry.sifting.scenes import with_scenes
from awry.storage import write_json
from awry.teachers.classifier import require_packages
from awry.training.environment import machine, versions
from awry.training.footage import clip_key, is_begun, opened
from awry.training.loop import FitContext
from awry.video.ignore import IgnoreRegions

__all__ = ["RankedClip", "RankedEvent", "Run", "SiftOptions", "archive_of", "sift"]

GIB = 2**30


def archive_of(
    clips: Sequence[Clip],
    method: SDOR,
    folder: Path,
    options: SiftOptions,
    reporter: Reporter,
    *,
    seed: int = 0,
) -> Archive:
    """Read clips for a method, whose pretrained model is prepared here unless it is there.

    Raises:
        FootageError: no clip can be read, or the activations' limit would be exceeded.
        ConfigError, MissingError: as `SDOR.prepare`.
    """
    ignore = IgnoreRegions.parse(options.ignore)
    stretches, failed = [], []
    for clip in clips:
        try:
            key = clip_key(clip, ignore, options.every)
            frames = partial(opened, clip, ignore, options.every)
            stretches.append(Stretch(clip.name, clip.scene, key, frames))
        except SourceError as error:
            failed.append(f"{clip.name} was left out: {error}")
    if not stretches:
        raise FootageError("No clip of the archive can be opened. " + " ".join(failed[:3]))
    if method.model is None:
        method.prepare(_first_size(stretches), seed)
    assert method.model is not None
    settled = method.config
    limit = int(options.cache_gib * GIB)
    archive = read_archive(stretches, method.model, settled, folder, reporter, limit)
    archive.failed = (*failed, *archive.failed)
    return archive


def _first_size(stretches: Sequence[Stretch]) -> tuple[int, int]:
    for stretch in stretches:
        try:
            for frame in stretch.open():
                return frame.image.shape[0], frame.image.shape[1]
        except SourceError:  # reading it will say so
            continue
    raise FootageError("No clip of the archive has a frame that can be read.")


def sift(
    clips: Sequence[Clip],
    out: Path,
    options: SiftOptions,
    reporter: Reporter | None = None,
    *,
    variant: str = "",
    about: Mapping[str, Any] | None = None,
    places: Sequence[Path] = (),
) -> Run:
    """Rank an archive's frames by learning from those very frames (transductive).

    Args:
        clips: any videos; their labels are not looked at.
        out: the run's folder; made, and refused where something else stands there.
        options: how to sift.
        reporter: shows progress.
        variant: the data set's variant, for settings that depend on it.
        about: where the clips come from, kept in `run.json`.
        places: for each clip its file or folder, where scenes are to be told apart; else the
            clips' own scenes count.

    Raises:
        MissingError: the backbone's package is not installed; nothing was read or written.
        AwryError: as the tree in `awry.errors` says.
        Interrupted: Ctrl-C; `options.resume` goes on.
    """
    reporter = reporter or Silent()
    config = SDOR.configure(options.preset, options.changes, variant)
    assert isinstance(config, SDORConfig)
    require_packages(config.backbone)
    _check_place(out, options, config)
    started = time.monotonic()
    if places:
        clips = with_scenes(clips, places, options.scenes_by, reporter)
    method = SDOR(config)
    archive = archive_of(clips, method, out / "archive", options, reporter, seed=options.seed)
    context = FitContext(out / "fit", options.seed, options.resume, reporter)
    initial, ranking = method.learn(archive, context)
    parts = {**initial.detectors, "initial": initial.scores}
    notes = list(initial.notes)
    if initial.constant:
        scores = initial.scores
        notes.append("All frames look alike: nothing can be ranked, and every score is 0.")
    else:
        scores = method.final_scores(ranking)
        parts |= {f"round_{n + 1}": s for n, s in sorted(ranking.rounds.items())}
    facts = {
        "format": FORMAT,
        "method": SDOR.name,
        "transductive": True,
        "preset": options.preset,
        "seed": options.seed,
        "config": method.config.model_dump(mode="json"),
        "ignore": list(options.ignore),
        "every": options.every,
        "about": dict(about or {}),
        "history": context.history,
        "seconds": round(time.monotonic() - started, 1),
        "notes": notes,
        "failed": list(archive.failed),
        "versions": versions(),
        "machine": machine(),
    }
    run = Run(out, method, facts, ranked_clips(archive, scores, parts), archive).save()
    shutil.rmtree(out / "fit", ignore_errors=True)
    return run


def _check_place(out: Path, options: SiftOptions, config: SDORConfig) -> None:
    """Refuse a folder that holds something else, or a run of other settings.

    Raises:
        ConfigError: says what stands there.
    """
    mine = {
        "config": config.model_dump(mode="json"),
        "seed": options.seed,
        "ignore": list(options.ignore),
        "every": options.every,
        "scenes_by": options.scenes_by,
    }
    begun = out / "begun.json"
    if out.exists() and any(out.iterdir()) and not begun.is_file():
        raise ConfigError(
            f"{out} exists and is not a run; it was left alone. Choose another --out."
        )
    if options.resume and begun.is_file():
        cure = "Start anew with --overwrite instead of --resume."
        before = read_json(begun, "the settings of a run", ConfigError, cure)
        if different := differences(before, mine):
            raise ConfigError(
                f"--resume: the run in {out} was started otherwise: {'; '.join(different)}. Give "
                "the same settings again, or start anew with --overwrite instead of --resume."
            )
    elif (out / "feedback.jsonl").is_file():
        raise ConfigError(
            f"{out} holds a run with a person's feedback, which would be lost. Choose another "
            "--out, or move feedback.jsonl away."
        )
    elif is_begun(out) and not options.overwrite:
        raise ConfigError(
            f"{out} holds the checkpoint of a run that was stopped: --resume goes on from there, "
            "--overwrite throws it away and starts afresh."
        )
    else:
        shutil.rmtree(out / "fit", ignore_errors=True)
    write_json(begun, mine)
