"""Systems as one method: the contract, what is kept, and who spoke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.devices import Compute
from awry.errors import BundleError, TrainingError
from awry.methods.base import Setting
from awry.methods.fused import Fused
from awry.methods.fused.aligned import VARIABLE
from awry.methods.registry import registered
from awry.teachers.objects.foreground import ForegroundDetector
from awry.testing import MethodCheck
from awry.testing.case import Case, frames
from awry.testing.contract import checks_of


def fused_of(label: str, *methods: str) -> type[Fused]:
    presets = {**Fused.presets, "tiny": {"of": methods}}
    return type("Other", (Fused,), {"name": label, "presets": presets})


# Beside the preset `tiny` itself: maps without objects; objects that two systems share.
CASES = {
    kind.name: Case(kind)
    for kind in (
        fused_of("fused-maps", "flow", "knn", "daml"),
        fused_of("fused-objects", "ssmtl", "mtla"),
    )
}
CHECKS = [check for case in CASES.values() for check in checks_of(case)]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_contract(check: MethodCheck) -> None:
    check()


@pytest.fixture
def objects() -> Any:
    case = CASES["fused-objects"]
    with registered(case.kind):
        yield case


def test_what_the_systems_settled_is_in_the_bundle(objects: Case) -> None:
    (model,) = Detector.load(objects.fitted[1]).models.values()
    assert isinstance(model, Fused)
    assert [child.label for child in model.config.children] == ["ssmtl", "mtla"]
    assert model.config.children[1].config["width"] == 48  # None before the fit


def test_epochs_are_told_by_system(objects: Case) -> None:
    phases = {epoch["phase"].split()[0] for epoch in objects.detector.facts.history["*"]}
    assert phases == {"ssmtl", "mtla"}


def test_levels_are_the_systems_and_their_own(objects: Case) -> None:
    (model,) = objects.detector.models.values()
    assert set(model.levels) >= {"ssmtl", "ssmtl.object", "mtla", "mtla.motion"}
    (*_, last) = objects.detector.scorer().score(iter(frames()))
    assert set(model.levels) <= set(last.parts)


def test_reasons_and_marks_name_the_system_that_spoke(objects: Case) -> None:
    detector = objects.detector
    explainer, (model,) = detector.explainer(), detector.models.values()
    found = [one for one in detector.scorer().score(iter(frames())) if one.regions]
    highest = max(found, key=lambda one: one.score or 0)
    who = model.speaker(highest.regions[0].parts)
    assert who in ("ssmtl", "mtla")
    assert f"({who.upper()})" in explainer.reason(highest, (48, 72))
    assert who.upper() in explainer.marks(highest, (48, 72), always=True)[0].words
    assert model.describe("mtla.motion") == "{it} moves faster or slower than is usual here (MTLA)"
    assert model.describe("mtla") is None
    assert model.describe("other.motion") is None


def test_one_detection_for_two_systems(objects: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSMTL twice: each frame is looked at once, and the scores are those of each alone."""
    (model,) = objects.detector.models.values()
    calls = []
    found = ForegroundDetector._candidates
    monkeypatch.setattr(ForegroundDetector, "_candidates", lambda *a: calls.append(1) or found(*a))
    ssmtl = model.systems["ssmtl"]
    alone = [one.score for one in ssmtl.scorer(Setting()).score(iter(frames()))]
    once = len(calls)
    assert once > 0
    twice = Fused.made_of([ssmtl, ssmtl])
    twice.fusion = None
    with pytest.raises(TrainingError, match="has not been fitted"):
        twice.scorer(Setting())
    other = model.fusion
    twice.fusion = type(other)(
        (other.inside[0],) * 2, (other.whole[0],) * 2, other.places, other.frames
    )
    scores = list(twice.scorer(Setting()).score(iter(frames())))
    assert len(calls) == 2 * once
    for label in ("ssmtl", "ssmtl-2"):
        same = [one.parts.get(label) for one in scores][3:-3]
        np.testing.assert_array_equal(same, alone[3:-3])


def test_side_by_side_the_systems_say_the_same(
    objects: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[tuple[Any, ...]]:
        scores = list(objects.detector.scorer().score(iter(frames())))
        assert any(one.score is not None for one in scores)
        return [(one.score, one.parts, one.regions) for one in scores]

    in_turn = found()
    monkeypatch.setenv(VARIABLE, "2")
    assert found() == in_turn


def test_elsewhere_too_one_detection_serves_all(
    objects: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In 16 bits: as many detections as in full, and scores that go with those."""
    (model,) = objects.detector.models.values()
    calls = []
    found = ForegroundDetector._candidates
    monkeypatch.setattr(ForegroundDetector, "_candidates", lambda *a: calls.append(1) or found(*a))
    counted, scores = [], []
    for one in (model, model.on(Compute("cpu", "bf16"))):
        calls.clear()
        said = list(one.scorer(Setting()).score(iter(frames())))
        counted.append(len(calls))
        scores.append([score.score for score in said if score.score is not None])
    assert counted[0] == counted[1] > 0
    full, half = scores
    assert full != half
    # Tiny systems are nearly sure of nothing, and normal deviates show it.
    assert np.corrcoef(full, half)[0, 1] > 0.95


def test_tensors_of_others_are_refused(objects: Case) -> None:
    (model,) = objects.detector.models.values()
    state = model.state()
    fresh = objects.kind(model.config)
    without = {name: value for name, value in state.items() if name != "fused/frames"}
    for wrong in (
        without,
        {**state, "knn/features": torch.zeros(3)},
        {**state, "fused/frames": torch.zeros(3)},
    ):
        with pytest.raises(BundleError, match="do not fit"):
            fresh.load_state(wrong)


def test_too_short_held_back_footage_is_said(tmp_path: Path) -> None:
    """The validation part begins a clip and is shorter than a window."""
    from awry.fitting import FitOptions, fit_detector
    from support import moving_square_data

    data = moving_square_data(clips=3, length=24)
    settings = {"of": ["flow", "daml"]}
    options = FitOptions(preset="tiny", changes=settings, validation=0.056, calibration=0.278)
    detector = fit_detector("fused", data, tmp_path / "out", options)
    assert any("measured on the training frames" in note for note in detector.facts.data.notes)
