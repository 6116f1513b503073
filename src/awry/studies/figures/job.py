"""One figure that is to be made: what it is, from what, and where to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from awry.datasets import as_dataset, open_dataset
from awry.datasets.base import Dataset
from awry.detector import Detector, load
from awry.errors import ConfigError
from awry.methods.paper_figures import PrintedFigure
from awry.methods.published import PRIMARY, TableCell
from awry.progress import Reporter
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import is_run, load_run
from awry.sifting.sift import sift
from awry.studies.figures.judges import Judge, of_detector, of_run
from awry.studies.table_fit import TableFit, fits_of
from awry.studies.table_fits import FRAMES, fitted_bundle
from awry.teachers.outputs import keep_outputs

Opened = Detector | SiftedRun
Bundle = str | Path | Opened
Spec = TypeVar("Spec", bound=PrintedFigure)
MADE_ON_THE_SPOT = ("digits", "perspective")
"""Data sets that need no folder."""


def opened(
    data: str | Path | Dataset | None, format: str | None = None, fps: float | None = None
) -> Dataset | None:
    """The footage that was given; None where none was, and none is named by its format.

    Raises:
        AwryError: as `awry.open_dataset`.
    """
    if data is None:
        return None if format is None else open_dataset(None, format=format, fps=fps)
    return as_dataset(data, format=format, fps=fps)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a kind of figure gives.

    Attributes:
        pictures: the PNG files.
        values: plain numbers below the picture.
        notes: what a reader must know, one sentence each.
    """

    pictures: tuple[Path, ...]
    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What all figures of one call share.

    Attributes:
        out: folder for pictures, numbers and fits.
        data: the footage, opened; None where none was given.
        bundles: in place of fits, in their order; opened.
        scale: the preset; None: each figure's own.
        seeds: one fit each, where a figure has several; else the first.
        changes: settings of every fit that differ from the preset's.
        clip: pattern of test clips' names; None: the figure's own choice.
        frames: indices of the frames that are shown; empty: chosen.
        amounts: the steps along the axis; empty: the figure's own.
        methods: beside the paper's own; None: the figure's own.
        threshold: in place of each detector's own; None: as it is.
        reporter: shows progress.
    """

    out: Path
    data: Dataset | None
    bundles: Sequence[Opened]
    scale: str | None
    seeds: Sequence[int]
    changes: Mapping[str, Any]
    clip: str | None
    frames: Sequence[int]
    amounts: Sequence[float]
    methods: Sequence[str] | None
    threshold: float | None
    reporter: Reporter


@dataclass(frozen=True, slots=True)
class Job(Generic[Spec]):
    """One figure.

    Attributes:
        spec: what it is.
        method: the paper's own.
        request: from what, and where to.
        data: the footage that is shown.
    """

    spec: Spec
    method: str
    request: Request
    data: Dataset = field(repr=False)

    @classmethod
    def of(cls, spec: Spec, method: str, request: Request) -> Job[Spec]:
        """The figure with its footage; what is made on the spot is not looked for in other data.

        Raises:
            ConfigError: no data were given, and none can be made on the spot.
        """
        data = request.data
        made = [name for name in spec.datasets if name in MADE_ON_THE_SPOT]
        if made and (data is None or data.variant not in made):
            data = open_dataset(None, format=made[0])
        if data is None:
            raise ConfigError(
                f"{spec.figure} needs footage: give --data with a data set's folder; the paper "
                f"shows {' and '.join(spec.datasets)}."
            )
        return cls(spec, method, request, data)

    @property
    def scale(self) -> str:
        """The preset that is fitted."""
        return self.request.scale or self.spec.scale

    @property
    def shown(self) -> str:
        """The method whose scores are shown: the given bundles', or the paper's own."""
        given = dict.fromkeys(_judge("", one).method for one in self.request.bundles)
        return ", ".join(given) or self.method

    @property
    def seed(self) -> int:
        """Of what is fitted once."""
        return self.request.seeds[0]

    @property
    def folder(self) -> Path:
        """For measurements that belong to this figure alone."""
        return self.request.out / self.spec.figure

    def file(self, ending: str) -> Path:
        """`OUT/FIGURE` with an ending."""
        return self.request.out / f"{self.spec.figure}{ending}"

    def judges(self, *, transductive: bool = False) -> list[Judge]:
        """What scores footage, one for each of the figure's fits: given, or fitted now.

        Args:
            transductive: a sifted archive is meant, where nothing was given.

        Raises:
            ConfigError: more or fewer bundles than fits.
            AwryError: as `awry.fit` and `awry.sift`.
        """
        labels, given = list(self.spec.fits), self.request.bundles
        if given and len(given) != len(labels):
            named = f" ({', '.join(labels)})" if len(labels) > 1 else ""
            raise ConfigError(
                f"{self.spec.figure} shows {len(labels)} fits{named}: give so many --bundle, in "
                f"this order, not {len(given)}."
            )
        if given:
            return [_judge(label, one) for label, one in zip(labels, given, strict=True)]
        if transductive:
            return [of_run(label, self._run(label)) for label in labels]
        return [of_detector(label, self._detector(label)) for label in labels]

    def detector(self) -> Detector:
        """The one detector of a figure that has one fit.

        Raises:
            ConfigError: a sifted archive was given.
            AwryError: as `judges`.
        """
        detector = self.judges()[0].detector
        if detector is None:
            raise ConfigError(
                f"{self.spec.figure} needs a bundle that awry fit made, not a sifted archive."
            )
        threshold = self.request.threshold
        return detector if threshold is None else detector.with_threshold(threshold)

    def run(self) -> SiftedRun:
        """The one sifted archive.

        Raises:
            ConfigError: a bundle was given.
            AwryError: as `judges`.
        """
        run = self.judges(transductive=True)[0].run
        if run is None:
            raise ConfigError(
                f"{self.spec.figure} needs an archive that awry sift --merged ranked, not a bundle."
            )
        return run

    def fit(self, label: str) -> TableFit:
        """The fit of that name; one of `awry reproduce` with equal settings has the same key."""
        data, changes = self.data, self.spec.fits[label]
        cell = TableCell(label, None, data.variant, self.method, changes, "", PRIMARY, figures={})
        fits = fits_of([cell], data, data.variant, self.scale, [self.seed], self.request.changes)
        return fits[label, self.seed]

    def _detector(self, label: str) -> Detector:
        out, reporter = self.request.out, self.request.reporter
        with keep_outputs(out / FRAMES):
            return fitted_bundle(self.fit(label), out, reporter)

    def _run(self, label: str) -> SiftedRun:
        fit = self.fit(label)
        folder = self.request.out / f"{fit.key}.run"
        if is_run(folder):
            return load_run(folder)
        return sift(
            data=self.data,
            merged=True,
            out=folder,
            preset=fit.scale,
            changes=fit.changes,
            seed=fit.seed,
            resume=folder.is_dir(),
            reporter=self.request.reporter,
        )

    def about_bundles(self) -> list[str]:
        """Notes on bundles of other methods than the paper's."""
        judges = [_judge("", one) for one in self.request.bundles]
        return [
            f"The bundle given is of {judge.method}; the paper's figure is of {self.method}."
            for judge in judges
            if judge.method != self.method
        ]


def _judge(label: str, given: Opened) -> Judge:
    return of_run(label, given) if isinstance(given, SiftedRun) else of_detector(label, given)


def opened_bundle(
    bundle: Bundle, device: str | None = None, precision: str | None = None
) -> Opened:
    """A bundle's detector, or a sifted archive.

    Args:
        bundle: its folder, or opened already.
        device, precision: of a detector, as `awry.load` takes them.

    Raises:
        BundleError: it is neither, or damaged.
    """
    if isinstance(bundle, SiftedRun):
        return bundle
    if not isinstance(bundle, Detector) and is_run(Path(bundle)):
        return load_run(bundle)
    return load(bundle, device=device, precision=precision)
