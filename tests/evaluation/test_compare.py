from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.errors import InputError
from awry.evaluation.compare import (
    compare,
    figures,
    protocol_differences,
    read_metrics,
)
from awry.evaluation.metrics.bootstrap import clip_draws, interval
from awry.evaluation.metrics.frame import micro_auc
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip

RNG = np.random.default_rng(4)
LABELS = [(np.arange(30) > 3 * k).astype(np.uint8) for k in range(6)]
NOISE = [RNG.normal(size=30) for _ in LABELS]


def scores(strength: float, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [
        noise + strength * truth + 0.3 * rng.normal(size=30)
        for noise, truth in zip(NOISE, LABELS, strict=True)
    ]


def measured(series: list[np.ndarray], **settings: Any) -> dict[str, Any]:
    clips = [
        ScoredClip(f"clip{k}", "scene", 10.0, one, np.ones(30, bool), truth)
        for k, (one, truth) in enumerate(zip(series, LABELS, strict=True))
    ]
    return evaluate_frames(clips, references={"flow": scores(0.2, 9)}, settings=settings)


WEAK, STRONG = scores(0.8, 1), scores(2.0, 2)
BASE, BETTER = measured(WEAK, method="weak"), measured(STRONG, method="strong")


def test_the_interval_is_that_of_differences_on_the_same_draws() -> None:
    row = compare(BASE, BETTER)["figures"]["frame.micro_auc"]
    weak, strong = (
        np.array(metrics["bootstrap"]["values"]["frame.micro_auc"]) for metrics in (BASE, BETTER)
    )
    for number, draw in enumerate(clip_draws(6, 1000, 0)[:20]):
        labels = [LABELS[k] for k in draw]
        assert weak[number] == pytest.approx(micro_auc([WEAK[k] for k in draw], labels), abs=1e-6)
        assert strong[number] == pytest.approx(
            micro_auc([STRONG[k] for k in draw], labels), abs=1e-6
        )
    assert row["interval"] == pytest.approx(interval(strong - weak))
    assert row["excludes_zero"] is True
    assert row["base"] == BASE["frame"]["micro_auc"]
    assert row["difference"] == BETTER["frame"]["micro_auc"] - BASE["frame"]["micro_auc"]
    # Pairing is the point: apart, the two intervals are wider than that of the difference.
    apart = [np.ptp(metrics["intervals"]["frame"]) for metrics in (BASE, BETTER)]
    assert np.ptp(row["interval"]) < sum(apart)


def test_what_does_not_differ() -> None:
    found = compare(BASE, BETTER)["figures"]
    flow = found["references.flow.micro_auc"]
    assert (flow["difference"], flow["interval"], flow["excludes_zero"]) == (0, [0, 0], False)
    mirrored = compare(BETTER, BASE)["figures"]["frame.micro_auc"]
    low, high = found["frame.micro_auc"]["interval"]
    assert mirrored["interval"] == pytest.approx([-high, -low])


def test_figures_are_what_says_how_good_a_method_is() -> None:
    found = figures(BASE)
    assert {"frame.micro_auc", "frame.ap", "variants.offline.micro_auc"} <= set(found)
    assert not any(name.startswith(("content_free", "frame.n_")) for name in found)
    assert "frame.prevalence" not in found
    assert "variants.offline.macro_auc" not in found


def test_further_figures_in_the_same_record_are_paired() -> None:
    one, two = deepcopy(BASE), deepcopy(BETTER)
    for metrics, value in ((one, 0.2), (two, 0.6)):
        metrics["region"] = {"rbdc": value, "n_boxes": 5, "odd": value}
        metrics["bootstrap"]["values"]["region.rbdc"] = [value, None] * 500
        metrics["bootstrap"]["values"]["region.odd"] = [value] * 1000
    found = compare(one, two)["figures"]
    assert found["region.rbdc"]["interval"] == pytest.approx([0.4, 0.4])
    assert found["region.odd"]["excludes_zero"] is True
    assert "region.n_boxes" not in found


def test_equal_protocols_have_no_differences() -> None:
    assert protocol_differences(BASE, BETTER) == []
    other = deepcopy(BETTER)
    other["settings"]["labels"] = "from files"
    # The labels are the same, wherever they were read from.
    assert protocol_differences(BASE, other) == []


def spoilt(how: str) -> dict[str, Any]:
    other = deepcopy(BETTER)
    clip = other["clips"][2]
    if how == "normalisation":
        other["settings"]["normalisation"] = "clip"
    elif how == "smoothing":
        return measured(STRONG, smoothing_inside="mean over 5 frames, 2 of them later")
    elif how == "transductive":
        other["settings"]["transductive"] = True
    elif how == "clips":
        clip["clip"] = "elsewhere"
    elif how == "frames":
        clip["n_frames"] = 29
    elif how == "abnormal":
        clip["n_abnormal"] += 1
    elif how == "labels":
        clip["labels_sha256"] = "0" * 16
    elif how == "source":
        other["settings"]["labels"] = "somebody's"
        del clip["labels_sha256"]
    elif how == "variant":
        other["settings"]["variants"]["offline"] = "median"
    return other


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("normalisation", "normalisation: none against clip"),
        ("transductive", "transductive: not said against True"),
        (
            "smoothing",
            "^smoothing: none against inside the scorer: mean over 5 frames, 2 of them "
            "later; afterwards: none$",
        ),
        ("clips", "clips that only the second has: elsewhere"),
        ("frames", "numbers of frames of clip2"),
        ("abnormal", "numbers of abnormal frames of clip2"),
        ("labels", "labels of clip2"),
        ("source", "label source: not said against somebody's"),
        ("variant", "variant offline: normalisation none, .* against median"),
    ],
)
def test_differing_protocols_are_named(how: str, said: str) -> None:
    found = "; ".join(protocol_differences(BASE, spoilt(how)))
    assert re.search(said, found), found


def test_smoothing_of_foreign_scores_is_unknown_and_said() -> None:
    foreign = measured(STRONG, smoothing_inside="unknown")
    assert protocol_differences(BASE, foreign) == []
    assert "smoothed inside its scorer is not known" in compare(BASE, foreign)["notes"][-1]
    assert compare(BASE, foreign)["figures"]["frame.micro_auc"]["interval"] is not None
    assert not any("not known" in note for note in compare(foreign, foreign)["notes"])


def test_files_from_before_the_stricter_rule_of_events_are_of_the_former_one() -> None:
    rows = {"n_events": 3, "recall": 0.5, "options": None}
    former, new = (deepcopy(BASE) | {"event": rows | more} for more in ({}, {"rule": "begin"}))
    found = protocol_differences(former, new)
    assert found == ["event rule: touch against begin"]
    assert protocol_differences(former, deepcopy(former)) == []
    assert "event.recall" in compare(former, new)["figures"]


@pytest.mark.parametrize(
    ("section", "one", "two", "said"),
    [
        ("region", {"compat": True}, {"compat": False}, "region compat: True against False"),
        ("region", {"source": "x"}, {"source": "y"}, "region source: x against y"),
        ("region", {"n_boxes": 5}, {"n_boxes": 6}, "region n_boxes: 5 against 6"),
        ("event", {"budget": "2/hour"}, {"budget": "1/hour"}, "event budget: 2/hour against"),
        ("event", {"threshold": 3.0}, {"threshold": 4.0}, ""),
    ],
)
def test_differences_of_a_section(section: str, one: Any, two: Any, said: str) -> None:
    files = [deepcopy(BASE) | {section: row} for row in (one, two)]
    found = protocol_differences(*files)
    assert found[0].startswith(said) if said else found == []
    by_settings = [deepcopy(BASE) | {section: {"rbdc": 0.5}} for _ in (one, two)]
    for metrics, row in zip(by_settings, (one, two), strict=True):
        metrics["settings"] = metrics["settings"] | {section: row}
    found = protocol_differences(*by_settings)
    assert found[0].startswith(said) if said else found == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.pop("bootstrap"), "one file held no draws"),
        (lambda m: m["bootstrap"].update(seed=1), "other seeds"),
        (lambda m: m["bootstrap"]["clips"].reverse(), "not of the same clips in the same order"),
    ],
)
def test_without_paired_draws_there_are_values_alone(change: Any, said: str) -> None:
    other = deepcopy(BETTER)
    change(other)
    found = compare(BASE, other)
    row = found["figures"]["frame.micro_auc"]
    assert (row["interval"], row["excludes_zero"]) == (None, None)
    assert row["difference"] > 0
    assert said in found["notes"][0]


def save(path: Path, metrics: Any) -> Path:
    path.write_text(json.dumps(metrics))
    return path


def test_figures_without_a_section_around_them(tmp_path: Path) -> None:
    region = {"rbdc": 0.5, "tbdc": 0.25, "n_boxes": 4, "clips": [], "settings": {"region": {}}}
    metrics = read_metrics(save(tmp_path / "r.json", region))
    assert figures(metrics) == {"region.rbdc": 0.5, "region.tbdc": 0.25}
    event = {"precision": 0.5, "n_events": 3, "settings": {}}
    assert figures(read_metrics(save(tmp_path / "e.json", event))) == {"event.precision": 0.5}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for content, said in (
        ("{", "as JSON"),
        ("[]", "should hold one JSON object"),
        ("{}", "no figures"),
    ):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(InputError, match=said):
            read_metrics(tmp_path / "bad.json")
    with pytest.raises(InputError, match="Cannot read"):
        read_metrics(tmp_path / "none.json")
