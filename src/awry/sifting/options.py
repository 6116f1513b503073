"""How an archive is sifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awry.devices import Compute, current
from awry.sifting.scenes import ScenesBy


@dataclass(frozen=True, slots=True)
class SiftOptions:
    """How an archive is sifted.

    Attributes:
        preset: name of SDOR's preset.
        changes: settings that differ from the preset's.
        seed: every random choice follows from it.
        ignore: regions whose pixels never count.
        every: take each n-th frame.
        cache_gib: most GiB that the activations may take.
        resume: go on with an interrupted run.
        scenes_by: how scenes are told apart where no data set names them, see
            `awry.sifting.scenes.with_scenes`.
        overwrite: throw away the checkpoint of a run that was stopped.
        compute: where the backbone and the learners run, and how exactly.
    """

    preset: str = "cpu"
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    ignore: Sequence[str] = ()
    every: int = 1
    cache_gib: float = 40.0
    resume: bool = False
    scenes_by: ScenesBy = "picture"
    overwrite: bool = False
    compute: Compute = field(default_factory=current)
