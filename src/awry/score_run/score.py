"""`awry.score`: sources to scores, on disk or in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from awry.calls import checked
from awry.detector import Detector, load
from awry.devices import on_device
from awry.errors import ConfigError
from awry.frames import Frame
from awry.output.folder import is_folder
from awry.progress import Reporter
from awry.score_run.elsewhere import Elsewhere
from awry.score_run.options import ScoreOptions
from awry.score_run.result import ScoreResult
from awry.score_run.run import score_sources
from awry.scoring.budget import Budget
from awry.scoring.calibration import POOLED
from awry.video.clock import parse_start


@checked
@on_device
def score(
    bundle: str | Path | Detector,
    sources: str | Path | np.ndarray[Any, Any] | Iterable[Any],
    *,
    out: str | Path | None = None,
    regions: Path | None = None,
    events: Path | None = None,
    maps: Path | None = None,
    map_part: str | None = None,
    overlay: Path | None = None,
    also: Sequence[str | Path] = (),
    scene: str = POOLED,
    parts: Sequence[str] = (),
    budget: str | Budget | None = None,
    threshold: float | None = None,
    escape_formulas: bool = False,
    overwrite: bool = False,
    fps: Annotated[float, Field(ge=0.01)] | None = None,
    reconnect: bool = False,
    reconnect_attempts: Annotated[int, Field(ge=1)] | None = None,
    start: str | datetime | None = None,
    device: str | None = None,
    precision: str | None = None,
    workers: Annotated[int, Field(ge=1)] | None = None,
    on: str | None = None,
    resume: bool = False,
    piece_minutes: Annotated[float, Field(ge=0)] = 10.0,
    reporter: Reporter | None = None,
) -> ScoreResult:
    """Score video: per frame, and regions, alarms, maps or an overlay where asked.

    Sources that fail are listed in the result, and the rest is done. Rows are on disk as they
    come, and the files take their names in the end.

    Args:
        bundle: a bundle's folder, or a detector.
        sources: one or several of: paths of videos and folders, addresses of streams, devices;
            opened sources; uint8 arrays (T, H, W, 3) RGB; or one iterable of frames or images.
        out: table of the scores, `.csv`, `.jsonl` or `.parquet`; or a folder, which ends in a slash
            or is there, or an address such as `s3://bucket/run`: scores, regions and events as
            Parquet files, one a source. None: scores are kept in memory, see `ScoreResult.clips`,
            which an endless stream fills.
        regions, events: tables of boxes and of alarms, likewise.
        maps: folder for one npz of anomaly maps a source.
        map_part: whose maps, a part's by its name, e.g. `motion`; None: the score's.
        overlay: a video to look at; with several sources their names join its stem.
        also: further bundles that score the same frames; their names join their outputs'.
        scene: which of the fitted scenes the sources show.
        parts: extra parts of the score; `["all"]` for every one.
        budget: false alarms allowed, e.g. `1/day`, in place of the bundle's.
        threshold: an alarm has a frame above it; in place of any budget.
        escape_formulas: in CSV, names like `=1+1` get a quote for spreadsheets.
        overwrite: replace files that awry did not write.
        fps: frames per second of picture folders and arrays.
        reconnect: open a lost stream or camera anew, for ever.
        reconnect_attempts: likewise, but give up after so many failures in a row.
        start: when the one source's first frame was taken: ISO 8601, with a zone or not.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; one device for all bundles.
        workers: score so many files and folders at a time, each in a process of Ray; live streams
            and images in memory stay in this one.
        on: likewise, on `ray` or a cluster: see `awry.cluster.Pool`.
        resume: score only what an earlier run with the same options did not finish.
        piece_minutes: workers score long files in pieces of at least so much, which are cut at key
            frames, with the scores of the whole; 0: nothing is cut.
        reporter: told of progress and of alarms as they happen; None: nobody is.

    Raises:
        MissingError: Ray is not installed.
        ConfigError: an unknown option, scene, part or ending; a part without maps; budget and
            threshold both; places that would be one; a start for several sources.
        BundleError: a bundle cannot be read.
        SourceError: nothing at all could be scored.
        WriteError: a table cannot be written; the sentence says where its rows are.
        KeyboardInterrupt: stopped before a frame was scored, or at once.
    """
    if threshold is not None and also:
        raise ConfigError("--threshold is in one bundle's scores; with --also give --budget.")
    folder = str(out) if out is not None and is_folder(out) else None
    options = ScoreOptions(
        None if out is None or folder is not None else Path(out),
        regions,
        events,
        maps,
        map_part,
        overlay,
        scene,
        tuple(parts),
        fps,
        overwrite=overwrite,
        reads=[Path(one) for one in (bundle, *also) if isinstance(one, str | Path)],
        escape_formulas=escape_formulas,
        reconnect=reconnect or reconnect_attempts is not None,
        attempts=reconnect_attempts,
        start=parse_start(start) if isinstance(start, str) else start,
        folder=folder,
    )
    there: Any = {"device": device, "precision": precision}
    loads = {"": partial(load, bundle, budget=budget, threshold=threshold, **there)}
    loads |= {Path(other).name: partial(load, other, budget=budget, **there) for other in also}
    if len(loads) <= len(also):
        raise ConfigError("Two bundles of --also have one name: their outputs would be one.")
    others = {title: one() for title, one in loads.items()}
    detector = others.pop("")
    elsewhere = Elsewhere(loads, workers, on, resume, piece_minutes)
    wanted = resume or workers is not None or on is not None
    return score_sources(
        detector, _several(sources), options, reporter, others, elsewhere if wanted else None
    )


def _several(sources: Any) -> list[Any]:
    """A list of sources; a list of frames or images, like any other iterable, is one of them."""
    if not isinstance(sources, list | tuple) or not sources:
        return [sources]
    first = sources[0]
    image = isinstance(first, np.ndarray) and first.ndim < 4 and first.shape[-1:] == (3,)
    return [sources] if image or isinstance(first, Frame) else list(sources)
