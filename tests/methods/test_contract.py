"""Every registered method keeps the contract, and tells its time by stage."""

from __future__ import annotations

import pytest

from awry.registry import method_class, method_names
from awry.testing import MethodCheck
from awry.testing.contract import Case, checks_of, frames

CASES = {name: Case(method_class(name)) for name in method_names()}
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
