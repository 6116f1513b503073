"""From clips to a ranking: read the archive, learn from it, rank its frames, write the run."""

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
from awry.memory import enough_memory
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.reading import Stretch, read_archive
from awry.methods.sdor.samples import Archive
from awry.progress import Reporter, Silent
from awry.sifting.options import SiftOptions
from awry.sifting.run import RankedClip, Series, SiftedRun
from awry.sifting.run_folder import FORMAT, save_run
from awry.sifting.scenes import with_scenes
from awry.sifting.trained import TrainedRun
from awry.storage import write_json
from awry.teachers.classifier import require_packages
from awry.training.environment import machine, versions
from awry.training.footage import clip_key, is_begun, opened
from awry.training.loop import FitContext
from awry.video.ignore import IgnoreRegions

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
    how = (folder, reporter, limit, options.compute)
    archive = read_archive(stretches, method.model, settled, *how)
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


def rank_archive(
    clips: Sequence[Clip],
    out: Path,
    options: SiftOptions,
    reporter: Reporter | None = None,
    *,
    variant: str = "",
    about: Mapping[str, Any] | None = None,
    files: Sequence[Path] = (),
    not_found: Sequence[str] = (),
) -> TrainedRun:
    """Rank an archive's frames by learning from those very frames (transductive).

    Args:
        clips: any videos; their labels are not looked at.
        out: the run's folder; made, and refused where something else stands there.
        options: how to sift.
        reporter: shows progress.
        variant: the data set's variant, for settings that depend on it.
        about: where the clips come from, kept in `run.json`.
        files: for each clip its file or folder, where scenes are to be told apart; else the
            clips' own scenes count.
        not_found: sources that are not there, one sentence each.

    Returns:
        The run as it was written, with its learners; its events and page are not written yet.

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
    if files:
        clips = with_scenes(clips, files, options.scenes_by, reporter)
    method = SDOR(config).on(options.compute)
    archive = archive_of(clips, method, out / "archive", options, reporter, seed=options.seed)
    fit = (out / "fit", options.seed, options.resume, reporter)
    context = FitContext(*fit, compute=options.compute)
    with enough_memory(method.smaller_fit(context.compute)):
        scores, parts, notes = _learned(method, archive, context)
    facts = {
        **_settings(method, options),
        "about": dict(about or {}),
        "history": context.history,
        "seconds": round(time.monotonic() - started, 1),
        "notes": notes,
        "failed": list(archive.failed),
        "versions": versions(),
        "machine": machine(),
    }
    run = SiftedRun(out, facts, ranked_clips(archive, scores, parts), tuple(not_found))
    run = save_run(run, method)
    shutil.rmtree(out / "fit", ignore_errors=True)
    return TrainedRun(run, method, archive)


def _learned(
    method: SDOR, archive: Archive, context: FitContext
) -> tuple[Series, dict[str, Series], list[str]]:
    """Every frame's score (n,), the parts that it came from, and what is to be known of them."""
    initial, ranking = method.learn(archive, context)
    parts = {**initial.detectors, "initial": initial.scores}
    notes = list(initial.notes)
    if initial.constant:
        notes.append("All frames look alike: nothing can be ranked, and every score is 0.")
        return initial.scores, parts, notes
    scores = method.final_scores(ranking)  # also ranks by the last round, which nothing else does
    parts |= {f"round_{n + 1}": s for n, s in sorted(ranking.rounds.items())}
    return scores, parts, notes


def _settings(method: SDOR, options: SiftOptions) -> dict[str, Any]:
    """What `run.json` says first."""
    return {
        "format": FORMAT,
        "method": SDOR.name,
        "transductive": True,
        "preset": options.preset,
        "seed": options.seed,
        "config": method.config.model_dump(mode="json"),
        "ignore": list(options.ignore),
        "every": options.every,
        "precision": options.compute.precision,
    }


def ranked_clips(
    archive: Archive, scores: Series, parts: Mapping[str, Series]
) -> tuple[RankedClip, ...]:
    """An archive's clips with their share of the scores (n,)."""
    clips = []
    for number, clip in enumerate(archive.clips):
        own = archive.slice_of(number)
        clips.append(
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
    return tuple(clips)


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
        "precision": options.compute.precision,
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
