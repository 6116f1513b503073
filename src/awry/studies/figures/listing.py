"""Which figures the papers have, how each is made, and what of that is missing here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from awry.calls import checked
from awry.datasets.base import Dataset
from awry.errors import ConfigError, nearest
from awry.fitting import teacher_settings
from awry.methods.paper_figures import (
    Digits,
    Distorted,
    Drawing,
    PaperFigure,
    Refitted,
    TablePlot,
)
from awry.methods.published import Paper
from awry.methods.registry import method_class
from awry.results import FigureCard, Listing
from awry.studies.figures.job import MADE_ON_THE_SPOT, opened
from awry.studies.published import cells_of, publications
from awry.weight_list import missing_weights


@dataclass(frozen=True, slots=True)
class FigureSummary:
    """What a figure of a paper is about, and what it takes to make it here.

    Attributes:
        figure: its name here, e.g. `daml-fig7`.
        printed: where it stands, e.g. `Fig. 7`.
        paper: the citation.
        shows: what, in a few words.
        data_sets: which the paper shows, as their variants are called here.
        clip: the test clip that the paper shows; empty: it does not say, or shows several.
        scale: the preset that is fitted.
        command: what makes it; empty for a drawing.
        needs: data, weights and time, one sentence each.
        missing: what of that is not here, one sentence each.
        why_not: why no command makes it; None where one does.
    """

    figure: str
    printed: str
    paper: str
    shows: str
    data_sets: tuple[str, ...]
    clip: str
    scale: str
    command: str
    needs: tuple[str, ...]
    missing: tuple[str, ...]
    why_not: str | None

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        plain = asdict(self)
        return {key: list(v) if isinstance(v, tuple) else v for key, v in plain.items()}


@dataclass(frozen=True, slots=True)
class FigureList(Listing):
    """The figures of the papers.

    Attributes:
        figures: one entry each, paper by paper.
    """

    figures: tuple[FigureSummary, ...]

    def __iter__(self) -> Iterator[FigureSummary]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each figure."""
        return [figure.to_dict() for figure in self.figures]

    def cards(self) -> list[FigureCard]:
        """How many figures, and how many of them a command makes."""
        made = sum(figure.why_not is None for figure in self.figures)
        return [FigureCard("figures", str(len(self)), f"{made} are made by a command")]


@checked
def published_figures(
    name: str = "*",
    *,
    data: str | Path | Dataset | None = None,
    scale: str | None = None,
    changes: Mapping[str, Any] | None = None,
    detector: str | None = None,
    classifier: str | None = None,
    depth: str | None = None,
    format: str | None = None,
    fps: float | None = None,
) -> FigureList:
    """The figures of all papers whose methods are here, with what each needs; nothing is made.

    Args:
        name: a figure's name, or a pattern such as `daml-*`.
        data: a data set's folder, or an opened one, to be held against what the paper shows.
        scale: the preset that would be fitted; None: each figure's own.
        changes: settings that would differ from the preset's.
        detector, classifier, depth: teachers, as `KIND:WHAT`.
        format, fps: as `awry.open_dataset` takes them.

    Raises:
        ConfigError: there is no such figure, preset or setting; suggests the nearest.
        DatasetError: the data cannot be read.

    >>> [figure.printed for figure in published_figures("daml-fig*")][:2]
    ['Fig. 1', 'Fig. 2']
    """
    footage = opened(data, format, fps)
    settings = {**(changes or {}), **teacher_settings(detector, classifier, depth)}
    return FigureList(
        tuple(
            _summary(paper, method, spec, footage, scale, settings)
            for paper, method, spec in chosen_figures(name)
        )
    )


def chosen_figures(name: str) -> list[tuple[Paper, str, PaperFigure]]:
    """Paper, method and figure of those whose names fit a pattern.

    Raises:
        ConfigError: there is none; suggests the nearest.
    """
    every = {
        spec.figure: (publication.paper, method, spec)
        for method, publication in publications().items()
        for spec in publication.paper.figures.figures
    }
    found = [one for figure, one in every.items() if fnmatchcase(figure, name)]
    if not found:
        raise ConfigError(f"There is no figure '{name}': {nearest(name, every)}.")
    return found


def _summary(
    paper: Paper,
    method: str,
    spec: PaperFigure,
    data: Dataset | None,
    scale: str | None,
    changes: Mapping[str, Any],
) -> FigureSummary:
    drawing = isinstance(spec, Drawing)
    preset = scale or spec.scale
    needs, missing = ([], []) if drawing else _needs(paper, method, spec, data, preset, changes)
    on_the_spot = set(spec.datasets) & set(MADE_ON_THE_SPOT)
    footage = "" if on_the_spot else " --data DIR"
    return FigureSummary(
        spec.figure,
        spec.printed,
        paper.citation,
        spec.shows,
        spec.datasets,
        spec.clip,
        preset,
        "" if drawing else f"awry figures {spec.figure}{footage} --out OUT",
        tuple(needs),
        tuple(missing),
        "a drawing of the system: it shows no result" if drawing else None,
    )


def _needs(
    paper: Paper,
    method: str,
    spec: PaperFigure,
    data: Dataset | None,
    scale: str,
    changes: Mapping[str, Any],
) -> tuple[list[str], list[str]]:
    needs, missing = _footage(spec, data)
    if isinstance(spec, Distorted):
        return [*needs, "Nothing is fitted; seconds."], missing
    variant = spec.datasets[0] if data is None else data.variant
    kind = method_class(method)
    for changed in settings_of_fits(method, spec):
        config = kind.configure(scale, {**changes, **changed}, variant)
        needs += [f"Weights of {what}." for what in kind.wanted_weights(config).values()]
        missing += [one.in_words() for one in missing_weights([(kind, config)])]
    takes = paper.figures.time_of_a_fit(scale)
    fits = fits_in_words(spec)
    needs.append(f"{fits} with the preset {scale}, unless they are given. Time of one: {takes}.")
    return list(dict.fromkeys(needs)), list(dict.fromkeys(missing))


def settings_of_fits(method: str, spec: PaperFigure) -> list[Mapping[str, Any]]:
    """The settings of each of a figure's fits."""
    if isinstance(spec, TablePlot):
        return [cell.changes for cell in cells_of(spec.table) if cell.method == method]
    return list(spec.fits.values())


def fits_in_words(spec: PaperFigure) -> str:
    """How many fits a figure takes.

    >>> fits_in_words(Drawing(kind="drawing", figure="a", printed="Fig. 1", shows="b"))
    '1 fit'
    """
    count = len(spec.fits)
    if isinstance(spec, TablePlot):
        cells = cells_of(spec.table)
        first = cells[0].dataset
        different = {str((c.changes, c.rate)) for c in cells if c.dataset == first}
        count = len(different)
    elif isinstance(spec, Refitted):
        count = len(spec.amounts) * (1 + len(spec.others))
    return "1 fit" if count == 1 else f"{count} fits"


def _footage(spec: PaperFigure, data: Dataset | None) -> tuple[list[str], list[str]]:
    """Which footage is needed, and whether the data are that."""
    if isinstance(spec, Digits):
        return ["Moving digits, which are made on the spot."], []
    shown = " or ".join(spec.datasets)
    clip = f", test clip {spec.clip}" if spec.clip else ""
    needs = [
        f"Footage as in the paper: {shown}{clip}; any other data set shows the same of itself."
    ]
    if data is None:
        return needs, ["Footage: no --data was given."]
    missing = []
    if data.variant not in spec.datasets:
        missing.append(f"The data are {data.variant or data.name}; the paper shows {shown}.")
    elif spec.clip and all(clip.name != spec.clip for clip in data.test):
        missing.append(f"The data have no test clip {spec.clip}; another one is shown.")
    return needs, missing
