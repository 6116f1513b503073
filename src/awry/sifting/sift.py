"""`awry.sift`: an archive to a ranking, with a page of its most abnormal moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from awry.calls import checked
from awry.cluster import pool_opened
from awry.datasets.base import Dataset
from awry.devices import current, on_device
from awry.errors import ConfigError
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.ranking_output import write_events, write_page
from awry.sifting.run import SiftedRun
from awry.sifting.scenes import ScenesBy
from awry.sifting.sources import (
    ArchiveSource,
    ignored_regions,
    merge_parts,
    open_merged,
    open_videos,
)


@checked
@on_device
def sift(
    sources: str | Path | Sequence[str | Path] | None = None,
    *,
    out: str | Path,
    data: str | Path | Dataset | None = None,
    merged: bool = False,
    scene: str | None = None,
    scenes_by: ScenesBy = "picture",
    format: str | None = None,
    preset: str = "cpu",
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
    resume: bool = False,
    ignore: Sequence[str] = (),
    every: int = 1,
    cache_size: float = 40.0,
    overwrite: bool = False,
    fps: float | None = None,
    workers: Annotated[int, Field(ge=1)] | None = None,
    on: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> SiftedRun:
    """Rank an archive's frames without a label, by learning from those very frames.

    The run is *transductive*: what is ranked is what was learned from. Pang et al. 2020,
    "Self-Trained Deep Ordinal Regression for End-to-End Video Anomaly Detection" (SDOR).

    Args:
        sources: videos and folders; or give `data`.
        out: the run's folder; made, and refused where something else stands there.
        data: folder of a data set, or an opened one, whose training and test clips are ranked
            together; their labels are not looked at.
        merged: must be True with `data`, to say that both parts are meant.
        scene: clips of this scene of the data set alone.
        scenes_by: how scenes of `sources` are told apart: `picture`, `folder`, `file` or `none`;
            see `awry.sifting.scenes.with_scenes`.
        format: the layout's name, where it should not be guessed.
        preset: name of SDOR's preset: `cpu`, `paper` or `tiny`.
        changes: settings that differ from the preset's.
        seed: every random choice follows from it.
        resume: go on where a run stopped.
        ignore: regions whose pixels never count, e.g. `rows:0-23`; `none` alone: a data set's
            pictures as they are.
        every: take each n-th frame, from 1.
        cache_size: most GiB for the frames' activations.
        overwrite: throw away the checkpoint of a run that was stopped.
        fps: frames per second of picture folders.
        device: where networks learn and run: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`; None:
            as `$AWRY_DEVICE` says, else `auto`. The run can be reviewed on any.
        precision: how exactly networks calculate: `32`, `tf32`, `bf16` or `16`; None: `32`. What
            was read in one does not serve another.
        workers: read so many clips at a time, each in a process of Ray with its share of the cores.
        on: where the workers are: `ray`, on this machine, or `ray://HOST:PORT`, a cluster whose
            machines find sources and `out` at the same paths.
        reporter: shows progress.

    Returns:
        The run, which also stands in its folder: `awry.load_run` reads it again.

    Raises:
        ConfigError: options that do not go together; the folder holds something else; a device
            that is not there.
        SourceError, DatasetError, FootageError: there is nothing that can be sifted.
        MissingError: the backbone's package is not installed; nothing was read or written.
        WriteError: the folder cannot be written.
        Interrupted: the run was stopped; `resume` goes on.
    """
    paths = [sources] if isinstance(sources, str | Path) else list(sources or ())
    _check_choice(bool(paths), data is not None or format is not None, merged)
    read = [*paths, *([data] if isinstance(data, str | Path) else [])]
    check_folder("--out", Path(out), {}, read)
    if paths:
        source = open_videos([str(path) for path in paths], fps)
    elif isinstance(data, Dataset):
        source = merge_parts(data, scene)
    else:
        source = open_merged(None if data is None else Path(data), format, scene, fps)
    options = SiftOptions(
        preset=preset,
        changes=dict(changes or {}),
        seed=seed,
        ignore=ignored_regions(source.ignore, tuple(ignore)),
        every=every,
        cache_gib=cache_size,
        resume=resume,
        scenes_by=scenes_by,
        overwrite=overwrite,
        compute=current(),
    )
    with pool_opened(workers, on, reporter or Silent()):
        return _sifted(source, Path(out), options, reporter or Silent())


def _check_choice(sources: bool, data: bool, merged: bool) -> None:
    if sources == data:
        raise ConfigError("Give either sources, or --data DIR --merged.")
    if data and not merged:
        raise ConfigError(
            "A data set is sifted whole, train and test clips together: add --merged. "
            "(awry fit sdor learns from the training part alone.)"
        )


def _sifted(
    source: ArchiveSource, out: Path, options: SiftOptions, reporter: Reporter
) -> SiftedRun:
    trained = rank_archive(
        source.clips,
        out,
        options,
        reporter,
        variant=source.variant,
        about=source.about,
        files=source.files,
        not_found=source.not_found,
    )
    reporter.message("looking up the strangest moments")
    events = trained.run.events
    write_events(trained.run, events)
    write_page(trained, events, {clip.name: clip for clip in source.clips})
    return trained.run
