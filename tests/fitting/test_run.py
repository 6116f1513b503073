"""`awry.fit`: options are held to their form before a frame is read; a typed result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import awry
from awry.fitting import run
from awry.fitting.options import FitOptions
from awry.methods.memae import MemAE
from awry.scoring.budget import Budget
from awry.training import launch
from awry.training.split import Exclusion
from support import moving_square_data


class Sentences(awry.Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.sentences: list[str] = []

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        self.titles.append(title)

    def message(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[FitOptions]:
    """What `fit` would fit with; no frame is read."""
    taken: list[FitOptions] = []

    def record(*given: Any) -> None:
        taken.append(given[3])

    monkeypatch.setattr(run, "fit_and_save", record)
    return taken


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"preset": 3}, "'preset' of fit is 3: expected text"),
        ({"preset": "huge"}, "has no preset 'huge'"),
        ({"seed": "x"}, "'seed' of fit is 'x': expected a whole number"),
        ({"changes": 5}, "'changes' of fit is 5: expected a mapping"),
        ({"changes": {"blurr": 3}}, "blurr"),
        ({"budget": "often"}, "Cannot read the alarm budget"),
        ({"budget": []}, "'budget' of fit .* expected text or a Budget"),
        ({"ignore": "rows:0-3"}, r"expected a list: \['rows:0-3'\]"),
        ({"ignore": ["rows"]}, "rows"),
        ({"exclude": ["a"]}, "Cannot read the exclusion 'a'"),
        ({"exclude": [3]}, "'exclude' of fit"),
        ({"cache": 3}, "'cache' of fit is 3: expected a path or None"),
        ({"every": 0}, "'every' of fit is 0: it should be greater than or equal to 1"),
        ({"max_frames": 0}, "'max_frames' of fit is 0: it should be greater"),
        ({"cache_size": 0}, "'cache_size' of fit is 0: it should be greater"),
        ({"reporter": print}, "'reporter' of fit .* expected a Reporter or None"),
        ({"fps": 10}, "open already"),
        ({"validation": 0.5}, "--validation 0.5 is no share"),
        ({"validation": "much"}, "'validation' of fit is 'much': expected a number or None"),
        ({"calibration": -1}, "--calibration -1 is no share"),
        ({"calibration": "nowhere"}, "nowhere does not exist"),
        ({"validation": 0.45, "calibration": "0.4"}, "leave less than 0.2 of the footage"),
    ],
)
def test_wrong_options_are_refused_before_a_frame_is_read(
    unread: list[FitOptions], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(awry.AwryError, match=said):
        awry.fit("flow", moving_square_data(), out="o", **options)
    assert not unread


def test_options_are_taken_as_on_the_command_line(unread: list[FitOptions]) -> None:
    awry.fit(
        "flow",
        moving_square_data(),
        out="o",
        budget="1/day",
        exclude=["a:1-2", Exclusion("b", 0, 3)],
        cache="c",
        ignore=["rows:0-3"],
        every=2,
        changes={"blur": 5},
    )
    (options,) = unread
    assert options == FitOptions(
        budget=Budget(1, "day"),
        exclude=(Exclusion("a", 1, 2), Exclusion("b", 0, 3)),
        cache=Path("c"),
        ignore=("rows:0-3",),
        every=2,
        changes={"blur": 5},
    )
    awry.fit("flow", moving_square_data(), out="o")
    assert unread[1] == FitOptions()


def test_a_fit_gives_its_detector_and_what_stands_out(tmp_path: Path) -> None:
    reporter = Sentences()
    result = awry.fit(
        "flow", moving_square_data(), out=tmp_path / "b", preset="tiny", reporter=reporter
    )
    assert reporter.titles
    assert result.bundle == tmp_path / "b"
    assert result.page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert awry.load(result.bundle).calibration == result.detector.calibration
    assert result.threshold == result.detector.calibration.scene("*").threshold
    said = result.to_dict()
    assert list(said) == [
        "bundle", "method", "seconds", "threshold", "calibration", "strangest", "page", "notes",
        "failed",
    ]  # fmt: skip
    assert said["strangest"] == list(result.rows())
    assert len(result.strangest) > 0
    assert "threshold" in result._repr_html_()
    assert result.plot().get_xlabel() == "epoch"
    assert not (tmp_path / "b.work").exists()


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "cores", lambda: 2)


@pytest.mark.usefixtures("two_cores")
def test_two_processes_fit_what_one_does(shared_data: Path, tmp_path: Path) -> None:
    told = Sentences()
    changes = {"epochs": 2, "steps": 3, "batch": 4}
    results = [
        awry.fit(
            "memae",
            shared_data,
            out=tmp_path / str(number),
            preset="tiny",
            changes=changes,
            fps=10,
            processes=number,
            reporter=told,
        )
        for number in (1, 2)
    ]
    assert "2 processes train together." in told.sentences
    one, two = (result.detector.facts for result in results)
    assert two.machine == f"{one.machine}; by 2 processes"
    for epoch, same in zip(one.history["*"], two.history["*"], strict=True):
        for name in ("total", "validation_total"):
            assert epoch[name] == pytest.approx(same[name], rel=1e-4)
    assert results[0].threshold == pytest.approx(results[1].threshold, rel=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"processes": 0}, "'processes' of fit is 0"),
        ({"processes": 3}, "--processes 3: there are 2 cores here"),
        ({"compile": "x"}, "'compile' of fit"),
    ],
)
@pytest.mark.usefixtures("two_cores")
def test_processes_that_cannot_be_are_refused(
    unread: list[FitOptions], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(awry.AwryError, match=said):
        awry.fit("flow", moving_square_data(), out="o", **options)
    assert not unread


def test_a_shortage_of_memory_names_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*given: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0")

    monkeypatch.setattr(MemAE, "losses", short)
    said = (
        r"allocate 2\.00 GiB\)\. It happened on cpu in phase training, epoch 1, step 1; its "
        r"networks normalise by batch.*Try a smaller batch \(--set batch=4, now 8\) or --precision"
    )
    with pytest.raises(awry.OutOfMemoryError, match=said):
        awry.fit(
            "memae",
            moving_square_data(),
            out=tmp_path / "b",
            preset="tiny",
            changes={"batch": 8},
        )


@pytest.mark.parametrize("precision", ["bf16", "16"])
def test_a_bundle_is_in_full_whatever_it_was_trained_in(
    shared_data: Path, tmp_path: Path, precision: str
) -> None:
    result = awry.fit(
        "convae",
        shared_data,
        out=tmp_path / "b",
        preset="tiny",
        changes={"epochs": 1, "steps": 2},
        fps=10,
        precision=precision,
        device="cpu",
    )
    assert result.detector.facts.machine.endswith(f"; trained on cpu, {precision}")
    for model in awry.load(result.bundle).models.values():
        assert {value.dtype for value in model.state().values()} == {torch.float32}
