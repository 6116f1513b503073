"""What `awry.evaluate` takes from a program and gives back."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

import awry
from awry.errors import ConfigError


@pytest.fixture(scope="module")
def result(bundle: Path, shared_data: Path) -> awry.EvaluationResult:
    return awry.evaluate(bundle, shared_data, fps=10)


def test_it_is_what_the_command_prints(
    awry, result, bundle: Path, shared_data: Path, tmp_path: Path
) -> None:
    words = ("--data", shared_data, "--fps", 10, "--out", tmp_path, "--json")
    printed = awry("evaluate", bundle, *words).json
    values = json.loads(json.dumps(result.to_dict()))
    assert values.keys() == printed.keys()
    for spent in (values, printed):
        del spent["speed"]["ms_per_frame"], spent["report"]
    assert values == printed


def test_an_open_data_set_has_its_own_layout_and_rate(bundle: Path, shared_data: Path) -> None:
    opened = awry.open_dataset(shared_data, fps=10)
    for given in ({"fps": 5}, {"format": "folder"}):
        with pytest.raises(ConfigError, match="open already"):
            awry.evaluate(bundle, opened, **given)  # type: ignore[arg-type]


def test_figures_are_attributes(result: awry.EvaluationResult) -> None:
    frame = result.metrics["frame"]
    assert (result.micro_auc, result.macro_auc, result.ap) == (
        frame["micro_auc"],
        frame["macro_auc"],
        frame["ap"],
    )
    low, high = result.interval or (1, 0)
    assert low <= (result.micro_auc or 0) <= high
    assert (result.region, result.pixel, result.failed, result.report) == (None, None, [], None)
    assert result.event is not None
    assert result.event["n_alarms"] == sum(map(len, result.alarms.values()))
    assert [clip.name for clip in result.clips] == list(result.alarms) == ["clip0", "clip1"]
    assert len(result.clips[0].scores) == 60
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.title = "another"  # type: ignore[misc]


def test_it_shows_itself(result: awry.EvaluationResult, tmp_path: Path) -> None:
    assert result.plot().get_title() == f"micro AUC {100 * (result.micro_auc or 0):.2f} %"
    ax = result.plot_clip("clip0")
    assert (ax.get_title(), len(ax.patches)) == ("clip0", 2)  # an event, and unscored frames
    labels = [card.label for card in result.cards()]
    assert labels[:2] == ["Micro AUC, this method", "Plain optical flow, no learning"]
    assert labels[-1] == "Frames"
    assert "Micro AUC, this method" in result._repr_html_()
    assert [row["clip"] for row in result.rows()] == ["clip0", "clip1"]
    assert result.save(tmp_path / "later") == tmp_path / "later"
    stored = json.loads((tmp_path / "later" / "metrics.json").read_text())
    assert stored["frame"] == result.metrics["frame"]
    page = (tmp_path / "later" / "report.html").read_text()
    assert all(card.label in page for card in result.cards())


def test_opened_objects_and_another_threshold(
    bundle: Path, shared_data: Path, result: awry.EvaluationResult
) -> None:
    detector, data = awry.load(bundle), awry.open_dataset(shared_data, fps=10)
    again = awry.evaluate(detector, data, threshold=1e9, flow=False)
    assert again.metrics["frame"] == result.metrics["frame"]
    assert (again.alarms, again.metrics["references"]) == ({"clip0": [], "clip1": []}, {})
    table = awry.compare({"with alarms": result, "without": again}, despite_differences=True)
    assert table.runs == ["with alarms", "without"]
    assert table.difference("without") == 0
    assert table.interval("without") == (0, 0)
    assert [row["run"] for row in table.rows() if row["figure"] == "frame.micro_auc"] == table.runs


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rule": "near"}, "Unknown event rule 'near'"),
        ({"merged": True}, "is not such a run"),
        ({"budget": "2/hour", "threshold": 1.0}, "Give"),
        ({"budget": "2 nights"}, "2 nights"),
        ({"treshold": 1.0}, "did you mean 'threshold'"),
        ({"parts": ["colour"]}, "flow has no extra part 'colour'"),
    ],
)
def test_what_cannot_be_is_refused(bundle: Path, shared_data: Path, options, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        awry.evaluate(bundle, shared_data, fps=10, **options)


def test_alarms_of_arrays(bundle: Path, result: awry.EvaluationResult) -> None:
    scores = {clip.name: clip.scores for clip in result.clips}
    threshold = max(float(clip.scores[clip.labels == 0].max()) for clip in result.clips)
    found = awry.alarms(scores, threshold=threshold, fps=10.0, before=1e9)
    assert found.threshold == threshold
    assert {alarm.source for alarm in found.alarms} == {"clip0", "clip1"}
    assert all(28 <= alarm.first <= alarm.last <= 46 for alarm in found.alarms)
    assert (found.appeared, found.vanished) == (found.alarms, ())
    assert found.to_dict()["after"]["alarms_per_hour"] == pytest.approx(
        3600 * len(found.alarms) / 12
    )
    with pytest.raises(ConfigError, match="There are no alarms to write"):
        awry.alarms(scores, out="alarms.csv")
    assert (
        awry.alarms(scores, bundle=bundle).threshold
        == awry.load(bundle).calibration.scene("*").threshold
    )  # type: ignore[union-attr]


def test_an_opened_data_set_is_no_place_for_the_report(bundle: Path, data: Path) -> None:
    (data / "metrics.json").write_text("{}")
    opened = awry.open_dataset(data, fps=10)
    with pytest.raises(awry.AwryError) as refused:
        awry.evaluate(bundle, opened, out=data, overwrite=True)
    assert str(data) in str(refused.value)
    assert (data / "metrics.json").read_text() == "{}"
