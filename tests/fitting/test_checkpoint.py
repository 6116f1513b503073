"""What an earlier fit left, and where a fit may write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from awry.datasets import open_dataset
from awry.devices import Compute
from awry.errors import ConfigError
from awry.fitting.checkpoint import check_fit_places, clear_checkpoint, remember_settings
from awry.fitting.detector import open_footage
from awry.fitting.options import FitOptions
from awry.progress import Silent


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The working folder of a fit that was stopped."""
    work = tmp_path / "b.work"
    (work / "fit" / "0").mkdir(parents=True)
    (work / "fit" / "0" / "checkpoint.safetensors").touch()
    return work


def test_a_checkpoint_goes_only_where_that_is_said(work: Path) -> None:
    with pytest.raises(ConfigError, match="--resume goes on from there, --overwrite throws"):
        clear_checkpoint(work, FitOptions(), Silent())
    clear_checkpoint(work, FitOptions(resume=True), Silent())
    assert (work / "fit").exists()
    clear_checkpoint(work, FitOptions(overwrite=True), Silent())
    assert not (work / "fit").exists()


def test_another_methods_bundle_is_not_replaced(shared_data: Path, bundle: Path) -> None:
    data, work = open_dataset(shared_data), bundle.with_name("flow.work")
    with pytest.raises(ConfigError, match="holds a bundle of flow"):
        check_fit_places("knn", data, bundle, work, FitOptions())
    check_fit_places("flow", data, bundle, work, FitOptions())
    check_fit_places("knn", data, bundle, work, FitOptions(overwrite=True))


def test_resume_with_other_footage_names_the_clip(data: Path, work: Path) -> None:
    options = FitOptions(preset="tiny")
    footage = open_footage(open_dataset(data), work, options, Silent())
    remember_settings(work, "flow", {}, footage, options)
    (data / "train" / "day1" / "060.png").unlink()
    again = open_footage(open_dataset(data), work, options, Silent())
    with pytest.raises(
        ConfigError, match=r"started otherwise: footage\.day1 \(\w+ then, \w+ now\)"
    ):
        remember_settings(work, "flow", {}, again, replace(options, resume=True))


def test_resume_is_in_the_same_precision_but_on_any_device(data: Path, work: Path) -> None:
    class Told(Silent):
        sentences: ClassVar[list[str]] = []

        def message(self, sentence: str) -> None:
            self.sentences.append(sentence)

    options = FitOptions(preset="tiny", compute=Compute("cuda:0", "bf16"), processes=2)
    footage = open_footage(open_dataset(data), work, options, Told())
    remember_settings(work, "flow", {}, footage, options)
    again = replace(options, resume=True, compute=Compute("cuda:1", "16"))
    with pytest.raises(ConfigError, match=r"started otherwise: precision \(bf16 then, 16 now\)"):
        remember_settings(work, "flow", {}, footage, again)
    assert not Told.sentences
    again = replace(options, resume=True, compute=Compute("cpu", "bf16"), processes=1)
    remember_settings(work, "flow", {}, footage, again)
    assert Told.sentences == [
        "The fit goes on with another device (cuda then, cpu now); another number of processes "
        "(2 then, 1 now): the last digits may come out otherwise than in one go."
    ]
