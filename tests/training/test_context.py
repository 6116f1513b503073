"""A fit takes its device and its processes from where it begins."""

from __future__ import annotations

from pathlib import Path

from awry.devices import PROCESSOR, Compute, using
from awry.training.context import FitContext
from awry.training.processes import ALONE, Team, together


def test_a_fit_runs_where_it_begins() -> None:
    team = Team()
    narrow = Compute("cpu", "bf16")
    with using(narrow), together(team):
        inside = FitContext(Path())
    assert (inside.compute, inside.team) == (narrow, team)
    outside = FitContext(Path())
    assert (outside.compute, outside.team) == (PROCESSOR, ALONE)
