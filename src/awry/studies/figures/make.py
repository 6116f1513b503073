"""Makes figures of the papers: from given bundles, or by fitting."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from awry.calls import checked
from awry.datasets import paths_of
from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.devices import on_device
from awry.errors import AwryError, ConfigError
from awry.fitting import teacher_settings
from awry.methods.paper_figures import Drawing, PaperFigure
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.sifting.run import SiftedRun
from awry.storage import write_json
from awry.studies.choices import names, numbers, whole_numbers
from awry.studies.figures.conditions import corrupted, refitted
from awry.studies.figures.digits import digits
from awry.studies.figures.distorted import distorted
from awry.studies.figures.interactions import interactions
from awry.studies.figures.job import Bundle, Drawn, Job, Request, opened, opened_bundle
from awry.studies.figures.listing import chosen_figures
from awry.studies.figures.moments import moments
from awry.studies.figures.outcomes import outcomes
from awry.studies.figures.result import FiguresResult, MadeFigure
from awry.studies.figures.tables import table_plot
from awry.studies.figures.timeline import timeline
from awry.studies.table_fits import FRAMES
from awry.version import __version__

MAKERS: Mapping[str, Callable[[Job[Any]], Drawn]] = {
    "timeline": timeline,
    "outcomes": outcomes,
    "moments": moments,
    "digits": digits,
    "interactions": interactions,
    "table": table_plot,
    "distorted": distorted,
    "corrupted": corrupted,
    "refitted": refitted,
}
"""Kind of figure -> what makes it."""


@checked
@on_device
def figures(
    name: str,
    *,
    data: str | Path | Dataset | None = None,
    out: str | Path | None = None,
    bundle: Bundle | Sequence[str | Path | Detector | SiftedRun] | None = None,
    scale: str | None = None,
    seed: int | str | Sequence[int] = "0",
    changes: Mapping[str, Any] | None = None,
    detector: str | None = None,
    classifier: str | None = None,
    depth: str | None = None,
    clip: str | None = None,
    frames: int | str | Sequence[int] | None = None,
    amounts: float | str | Sequence[float] | None = None,
    methods: str | Sequence[str] | None = None,
    threshold: float | None = None,
    overwrite: bool = False,
    format: str | None = None,
    fps: float | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> FiguresResult:
    """Make figures of the papers, from given bundles or by fitting; what was fitted is kept.

    `OUT/FIGURE.png` is the picture, `OUT/FIGURE.json` has the numbers below it. Fits stand in
    `OUT` as those of `awry reproduce` do, so that figures and tables share them.

    Args:
        name: a figure's name, or a pattern such as `ssmtl-*`; see `awry.published_figures`.
        data: a data set's folder, or an opened one; moving digits need none.
        out: folder for pictures, numbers and fits.
        bundle: in place of fits: bundles or sifted archives, in the order of the figure's fits.
        scale: the preset that is fitted; None: each figure's own.
        seed: of the fits: a number; several, or text such as `0,1,2`, where a figure has a mean.
        changes: settings of every fit that differ from the preset's; a figure's own go before.
        detector, classifier, depth: teachers of every fit, as `KIND:WHAT`.
        clip: test clips that are shown or measured, by name or a pattern; None: the paper's, or
            the figure's own choice.
        frames: indices of the frames that are shown, such as `12,40`; None: chosen by scores.
        amounts: the steps along the axis where there is one, such as `1,2,4`; None: the figure's.
        methods: beside the paper's own, where a figure compares several; None: the figure's.
        threshold: an alarm has a frame above it, where a figure shows alarms; None: the bundle's.
        overwrite: replace what stands at `out`, whoever wrote it.
        format, fps: as `awry.open_dataset` takes them.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; of fits and of scoring alike.
        reporter: shows progress.

    Raises:
        ConfigError: there is no such figure, it is a drawing, or options do not fit it.
        DatasetError: the data cannot be read, or have no such clip.
        AwryError: a fit fails, where one figure alone is made; of several, it is listed.
        KeyboardInterrupt: Ctrl-C; the same command goes on.
    """
    if out is None:
        raise ConfigError("To make a figure, give --out.")
    chosen = [(method, spec) for _, method, spec in chosen_figures(name)]
    specs = [(method, spec) for method, spec in chosen if not isinstance(spec, Drawing)]
    if not specs:
        raise ConfigError(
            f"{name} is a drawing of the system ({chosen[0][1].shows}): none is made."
        )
    folder, bundles = Path(out), _as_list(bundle)
    _check_out(folder, [spec for _, spec in specs], paths_of(data, *bundles), overwrite)
    request = Request(
        out=folder,
        data=opened(data, format, fps),
        bundles=[opened_bundle(one, device, precision) for one in bundles],
        scale=scale,
        seeds=whole_numbers(seed, "--seed", lowest=0),
        changes={**(changes or {}), **teacher_settings(detector, classifier, depth)},
        clip=clip,
        frames=() if frames is None else whole_numbers(frames, "--frames", lowest=0),
        amounts=() if amounts is None else numbers(amounts, "--amounts"),
        methods=None if methods is None else names(methods),
        threshold=threshold,
        reporter=reporter or Silent(),
    )
    settings = _settings(request, bundles)
    made, failed = _make_all(specs, request, settings)
    shutil.rmtree(folder / FRAMES, ignore_errors=True)
    return FiguresResult(settings, tuple(made), tuple(failed))


def _as_list(bundle: Any) -> list[Bundle]:
    if bundle is None:
        return []
    single = isinstance(bundle, str | Path | Detector | SiftedRun)
    return [bundle] if single else list(bundle)


def _check_out(
    folder: Path, specs: Sequence[PaperFigure], read: Sequence[str | Path], overwrite: bool
) -> None:
    files = {f"{spec.figure}.png": "picture" for spec in specs}
    files |= {f"{spec.figure}.svg": "picture" for spec in specs}
    files |= {f"{spec.figure}.json": "json" for spec in specs}
    check_folder("--out", folder, files, read, overwrite=overwrite)


def _make_all(
    specs: Sequence[tuple[str, PaperFigure]], request: Request, settings: Mapping[str, Any]
) -> tuple[list[MadeFigure], list[str]]:
    made, failed = [], []
    for number, (method, spec) in enumerate(specs, 1):
        request.reporter.message(f"{number} of {len(specs)}: {spec.figure}, {spec.shows}")
        try:
            made.append(_made(Job.of(spec, method, request), settings))
        except AwryError as error:
            if len(specs) == 1:
                raise
            failed.append(f"{spec.figure}: {error}")
        except KeyboardInterrupt as error:
            said = str(error) or "stopped"
            raise KeyboardInterrupt(f"{said}; the same command goes on from there.") from error
    return made, failed


def _made(job: Job[Any], settings: Mapping[str, Any]) -> MadeFigure:
    """Make one figure and write its numbers."""
    spec = job.spec
    drawn = MAKERS[spec.kind](job)
    data = job.data
    notes = [*spec.notes, *job.about_bundles(), *drawn.notes]
    if data.variant not in spec.datasets:
        shown = " and ".join(spec.datasets)
        notes.insert(0, f"The paper shows {shown}; this is {data.variant or data.name}.")
    figure = MadeFigure(
        spec.figure,
        spec.printed,
        spec.shows,
        drawn.pictures,
        job.file(".json"),
        drawn.values,
        tuple(dict.fromkeys(notes)),
    )
    everything = {
        **settings,
        "scale": job.scale,
        "method": job.shown,
        "data": {"layout": data.name, "variant": data.variant},
        "awry": __version__,
    }
    write_json(job.file(".json"), {**figure.to_dict(), "settings": everything})
    return figure


def _settings(request: Request, bundles: Sequence[Bundle]) -> dict[str, Any]:
    data = request.data
    return {
        "scale": request.scale,
        "seeds": list(request.seeds),
        "changes": dict(request.changes),
        "threshold": request.threshold,
        "data": None if data is None else {"layout": data.name, "variant": data.variant},
        "bundles": [_called(bundle) for bundle in bundles],
    }


def _called(bundle: Bundle) -> str:
    if isinstance(bundle, Detector):
        return f"a detector of {bundle.method}"
    return str(bundle.folder if isinstance(bundle, SiftedRun) else bundle)
