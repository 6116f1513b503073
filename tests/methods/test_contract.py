"""Every registered method keeps the contract, and tells its time by stage."""

from __future__ import annotations

import re

import numpy as np
import pytest

from awry.evaluation.report.peaks import peak_of
from awry.methods.registry import method_names
from awry.testing import MethodCheck
from awry.testing.case import frames
from awry.testing.contract import checks_of
from support import case_of

CASES = {name: case_of(name) for name in method_names()}
CHECKS = [check for case in CASES.values() for check in checks_of(case)]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_contract(check: MethodCheck) -> None:
    check()


@pytest.mark.parametrize("name", method_names())
def test_our_methods_tell_their_time_by_stage(name: str) -> None:
    """For others it is optional; `awry evaluate` and `awry bench` show it."""
    detector = CASES[name].detector
    scorer = detector.scorer()
    list(scorer.score(iter(frames())))
    assert sum(scorer.seconds.values()) > 0
    (model,) = detector.models.values()
    if model.graphs():
        assert {"resize", "network", "maps"} <= set(scorer.seconds)


@pytest.mark.parametrize("name", method_names())
def test_our_methods_say_where_and_why_of_every_moment(name: str) -> None:
    """Others can only name the part, and have no map where they leave it out."""
    detector = CASES[name].detector
    assert detector.strangest
    for moment in detector.strangest:
        peak, map_ = peak_of(moment, detector, "yard"), moment.score.map
        assert peak.reason.endswith(".")
        assert not set(re.split(r"\W+", peak.reason)) & {"latent", "distance", "flow"}
        if map_ is not None and np.ptp(map_) > 0:
            assert peak.marks
            assert peak.heat is not None
            assert (peak.heat != peak.image).any()
