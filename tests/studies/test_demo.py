from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest

from awry.datasets.digits import make_digits
from awry.evaluation.evaluate import Scored
from awry.evaluation.metrics.frame import micro_auc
from awry.evaluation.scored_clip import ScoredClip
from awry.fitting import FitOptions
from awry.studies import demo
from awry.studies.demo import KINDS, kind_of


def test_the_kind_is_in_the_clips_name() -> None:
    small = make_digits(train_clips=1, test_clips=1, length=2)
    assert [kind_of(clip.name) for clip in small.test] == ["normal", *KINDS]


def scored_clip(name: str, value: float) -> ScoredClip:
    abnormal = np.uint8(kind_of(name) != "normal")
    scores, scored = np.full(4, value), np.ones(4, bool)
    return ScoredClip(name, "digits", 25.0, scores, scored, np.full(4, abnormal))


def test_each_kind_is_measured_against_the_normal_clips() -> None:
    values = {"normal-00": 1.0, "normal-01": 3.0, "shape-00": 4.0, "digit-00": 2.0, "speed-00": 0.0}
    clips = [scored_clip(name, value) for name, value in values.items()]
    scores = [clip.scores for clip in clips]
    figures = demo._per_kind(Scored(clips, [], [], {}), scores, micro_auc)
    assert figures == {"shape": 1.0, "digit": 0.5, "speed": 0.0, "all": 0.5}


@pytest.mark.parametrize("method", ["daml", "ssmtl"])
def test_the_demo_in_small(
    awry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    small = partial(make_digits, train_clips=12, test_clips=2, length=24)
    monkeypatch.setattr(demo, "make_digits", small)
    monkeypatch.setattr(demo, "FitOptions", lambda preset, **more: FitOptions("tiny", **more))
    monkeypatch.chdir(tmp_path)
    given = ("--method", method) if method != "daml" else ()
    said = awry("demo", *given, "--out", "shown", "--json")
    assert said.code == 0
    summary = said.json
    assert list(summary["auc"]) == ["shape", "digit", "speed", "all"]
    assert summary["references"].keys() == {"flow", "constant", "triangle"}
    for row in (summary["auc"], *summary["references"].values()):
        assert all(0 <= value <= 1 for value in row.values())
    assert summary["references"]["constant"]["all"] == 0.5
    assert summary["references"]["flow"]["speed"] > 0.8
    metrics = json.loads((tmp_path / "shown" / "metrics.json").read_text())
    assert metrics["frame"]["micro_auc"] == summary["auc"]["all"]
    page = (tmp_path / "shown" / "report.html").read_text()
    for kind in ("normal", *KINDS):
        shown = f"{method.upper()} on {kind}: input, reconstruction, prediction, error" in page
        assert shown == (method == "daml")
    with av.open(summary["overlay"]) as container:
        assert len(list(container.decode(video=0))) == 4 * 24
    assert [path.name for path in tmp_path.iterdir()] == ["shown"]
    assert sorted(path.name for path in (tmp_path / "shown").iterdir()) == [
        "bundle",
        "metrics.json",
        "overlay.mp4",
        "report.html",
    ]


def test_a_method_without_a_demo_is_refused(awry, tmp_path: Path) -> None:
    said = awry("demo", "--method", "knn", "--out", tmp_path / "shown")
    assert said.code == 2
    assert "knn has no preset 'demo'" in said.err
    assert not (tmp_path / "shown").exists()


def test_every_method_with_the_preset_has_a_demo() -> None:
    assert demo.demo_methods() == ["attributes", "daml", "mtla", "ssmtl"]
    assert demo._first_method() == "daml"
