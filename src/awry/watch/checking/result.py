"""What a check of a site found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from awry.results import FigureCard, Listing

Kind = Literal["fine", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what, e.g. `camera door`, `store`, `settings`.
        kind: `fine`; `warning`: it works, but is hardly meant or will not last; `problem`: it does
            not work.
        sentence: what was found, and what to do; without secrets.
        stops: whether the site as a whole cannot run because of it.
    """

    subject: str
    kind: Kind
    sentence: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class SiteCheck(Listing):
    """What a check of a site found.

    Attributes:
        path: the site's file.
        findings: in the order in which things were looked at.
        load: the share of this machine that the cameras would take, 0 and more; None: unknown.
    """

    path: str
    findings: tuple[Finding, ...]
    load: float | None = None

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What does not work."""
        return tuple(one for one in self.findings if one.kind == "problem")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is hardly meant, or will not last."""
        return tuple(one for one in self.findings if one.kind == "warning")

    @property
    def runs(self) -> bool:
        """Whether `awry watch run` would start, with the cameras that are right."""
        return not any(one.stops for one in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "path": self.path,
            "runs": self.runs,
            "load": self.load,
            "findings": [dict(row) for row in self.rows()],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each thing that was looked at."""
        return [asdict(one) for one in self.findings]

    def cards(self) -> list[FigureCard]:
        """How many problems and warnings there are, and the load."""
        cards = [
            FigureCard("problems", str(len(self.problems))),
            FigureCard("warnings", str(len(self.warnings))),
        ]
        known = (
            [] if self.load is None else [FigureCard("load", f"{self.load:.0%}", "of this machine")]
        )
        return cards + known
