"""The figures of a paper as data: what each shows, and how it is made here.

A method's folder holds them beside its tables (`figures.json`); `awry.studies.figures` makes them.
A kind says what is done; a method that needs no new kind touches its own folder alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from awry.errors import ConfigError


class PrintedFigure(BaseModel):
    """What is true of every figure.

    Attributes:
        figure: its name here, e.g. `daml-fig7`.
        printed: where it stands, e.g. `Fig. 7`.
        shows: what, in our words.
        datasets: which data sets the paper shows, as their variants are called here.
        clip: the test clip that the paper shows; empty: it does not say, or shows several.
        scale: the preset that is fitted where nothing is said.
        fits: what is fitted, name -> settings that differ from the preset's. The names stand
            beside the rows; one that is alone may be empty.
        notes: how ours differs from the paper's, one sentence each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    figure: str
    printed: str
    shows: str
    datasets: tuple[str, ...] = ()
    clip: str = ""
    scale: str = "cpu"
    fits: Mapping[str, Mapping[str, Any]] = Field(default_factory=lambda: {"": {}})
    notes: tuple[str, ...] = ()


class Drawing(PrintedFigure):
    """A drawing of the system, which no command makes."""

    kind: Literal["drawing"]


class Timeline(PrintedFigure):
    """Scores of one clip over its frames, with pictures of the highest."""

    kind: Literal["timeline"]


class Outcomes(PrintedFigure):
    """Frames that are judged rightly or wrongly at the threshold, with boxes.

    Attributes:
        examples: `true positive`, `false positive` or `false negative` -> how many frames.
    """

    kind: Literal["outcomes"]
    examples: Mapping[Literal["true positive", "false positive", "false negative"], int]


class Moments(PrintedFigure):
    """Frames below each other with what the method makes of them.

    Attributes:
        rows: `frame`, `map`, `map NAME` of `FrameScore.maps`, or `picture NAME` of
            `Scorer.pictures`.
        choose: `strongest`: each true event's highest frame; `contrast`: the frame that moves most
            for its score, and the one that moves least for it.
        by: the part of the score that moments are chosen by; empty: the score.
        columns: most moments.
        transductive: the archive is ranked by its own frames, as `awry sift` does.
    """

    kind: Literal["moments"]
    rows: tuple[str, ...] = Field(min_length=1)
    choose: Literal["strongest", "contrast"] = "strongest"
    by: str = ""
    columns: int = Field(5, ge=1)
    transductive: bool = False


class Digits(PrintedFigure):
    """Moving digits: training frames, and test clips of each kind with the method's pictures.

    Attributes:
        panels: heading -> kinds of test clips; one row for each.
        training: heading of the training frames.
    """

    kind: Literal["digits"]
    training: str
    panels: Mapping[str, tuple[str, ...]]


class Interactions(PrintedFigure):
    """ROC curves before and after each interaction with an expert who knows the truth.

    Attributes:
        count: interactions.
    """

    kind: Literal["interactions"]
    count: int = Field(5, ge=1)
    transductive: Literal[True] = True


class TablePlot(PrintedFigure):
    """A table of `awry reproduce` as curves.

    Attributes:
        table: its name.
        x: label of the axis; a cell's rate or number of rounds stands on it.
        lines: part of the score -> what its curve is called; a cell's part may have `_NUMBER`
            behind it.
    """

    kind: Literal["table"]
    table: str
    x: str
    lines: Mapping[str, str]


class Distorted(PrintedFigure):
    """A frame as it is, and spoiled.

    Attributes:
        pictures: heading -> corruption and level; None: the frame as it is.
    """

    kind: Literal["distorted"]
    pictures: Mapping[str, tuple[str, float] | None]


class Corrupted(PrintedFigure):
    """AUC under corruptions, over their level.

    Attributes:
        corruptions: name -> what its curves are called.
        parts: part of the score -> what it is called.
        x: label of the axis, on which the corruption's level stands.
        clean: where clean footage stands on it.
    """

    kind: Literal["corrupted"]
    corruptions: Mapping[str, str]
    parts: Mapping[str, str]
    x: str
    clean: float


class Refitted(PrintedFigure):
    """AUC of methods that are fitted anew for each amount of thinning or contamination.

    Attributes:
        vary: `subsample` or `contaminate`.
        amounts: each a fit: every n-th frame, or the share of the abnormal test frames that is
            mixed into the training footage.
        parts: part of the paper's own method -> what it is called.
        others: methods beside it, by name; those that are not installed are left out.
    """

    kind: Literal["refitted"]
    vary: Literal["subsample", "contaminate"]
    amounts: tuple[float, ...]
    parts: Mapping[str, str]
    others: tuple[str, ...] = ()


PaperFigure = Annotated[
    Drawing
    | Timeline
    | Outcomes
    | Moments
    | Digits
    | Interactions
    | TablePlot
    | Distorted
    | Corrupted
    | Refitted,
    Field(discriminator="kind"),
]


class PaperFigures(BaseModel):
    """What `figures.json` holds.

    Attributes:
        takes: preset -> about how long one fit takes and on what, in words.
        figures: in the paper's order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    takes: Mapping[str, str] = Field(default_factory=dict)
    figures: tuple[PaperFigure, ...] = ()

    def time_of_a_fit(self, preset: str) -> str:
        """About how long one fit with a preset takes and on what, in words."""
        return self.takes.get(preset, "nobody has measured how long")


def load_figures(package: str) -> PaperFigures:
    """Read `figures.json` of a method's package; empty where there is none.

    Args:
        package: the package's full name, e.g. `awry.methods.daml`.

    Raises:
        ConfigError: the file is not as expected.
    """
    file = files(package).joinpath("figures.json")
    if not file.is_file():
        return PaperFigures()
    try:
        return TypeAdapter(PaperFigures).validate_json(file.read_text("utf-8"))
    except ValidationError as error:
        raise ConfigError(f"figures.json of {package} is not as expected: {error}") from error
