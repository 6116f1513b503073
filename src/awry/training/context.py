"""What a fit needs besides footage."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awry.devices import Compute, current
from awry.progress import Reporter, Silent
from awry.training import processes
from awry.training.processes import Team


@dataclass(slots=True)
class FitContext:
    """What a fit needs besides footage.

    Attributes:
        folder: for the checkpoint; made if absent.
        seed: every random choice follows from it.
        resume: go on from the checkpoint in `folder` where there is one.
        reporter: shows progress.
        history: filled with one entry per epoch: phase, epoch, losses, seconds.
        compute: where the model is while it is trained, and how exactly networks calculate then.
        compile: networks are compiled while they are trained.
        team: the processes that train together.
    """

    folder: Path
    seed: int = 0
    resume: bool = False
    reporter: Reporter = field(default_factory=Silent)
    history: list[dict[str, Any]] = field(default_factory=list)
    compute: Compute = field(default_factory=current)
    compile: bool = False
    team: Team = field(default_factory=processes.current)
