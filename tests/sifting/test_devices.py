"""A run is made on any device and reviewed on any other; its precision is part of it."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.datasets.base import Clip
from awry.devices import Compute, current, using
from awry.errors import ConfigError
from awry.methods.sdor.localisation import frame_maps
from awry.progress import Silent
from awry.sifting import feedback as learning
from awry.sifting.feedback import learn_from, with_learners
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.review import session as reviewing
from awry.sifting.review.session import ReviewSession
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_run
from awry.sifting.trained import TrainedRun
from awry.training.loop import FitContext
from fake_devices import fake_card

HALF = Compute("cpu", "bf16")


def test_a_run_knows_its_precision_and_is_read_in_it_again(
    tmp_path: Path, clips: tuple[Clip, ...], options: SiftOptions, run: SiftedRun
) -> None:
    half = rank_archive(clips, tmp_path / "run", replace(options, compute=HALF)).run
    assert np.corrcoef(half.scores, run.scores)[0, 1] > 0.95
    made = load_run(half.folder)
    assert made.facts["precision"] == "bf16"
    assert made.options.compute == HALF
    entries = sorted((half.folder / "archive").iterdir())
    trained = with_learners(made, clips, Silent())  # which learns and draws in full, as nobody says
    assert trained.method.compute == Compute()
    assert sorted((half.folder / "archive").iterdir()) == entries
    shutil.rmtree(half.folder / "archive")
    again = with_learners(made, clips, Silent())
    assert sorted((half.folder / "archive").iterdir()) == entries
    np.testing.assert_array_equal(again.archive.features, trained.archive.features)
    other = replace(options, resume=True)
    with pytest.raises(ConfigError, match=r"precision \(bf16 then, 32 now\)"):
        rank_archive(clips, half.folder, other)


def test_it_says_once_where_networks_run(tmp_path: Path) -> None:
    class Told(Silent):
        def message(self, sentence: str) -> None:
            said.append(sentence)

    said: list[str] = []
    with pytest.raises(ConfigError, match="either sources"):
        awry.sift(out=tmp_path / "run", device="cpu", precision="bf16", reporter=Told())
    assert said == ["Networks run on cpu in bf16."]


def test_a_run_from_before_there_were_precisions_is_in_full(run: SiftedRun, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(run.folder, tmp_path / "run"))
    facts = json.loads((folder / "run.json").read_text())
    assert facts.pop("precision") == "32"
    (folder / "run.json").write_text(json.dumps(facts))
    assert load_run(folder).options.compute == Compute()


def test_learners_and_maps_go_where_one_says(
    run: SiftedRun, clips: tuple[Clip, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_card() as card, using(card):
        trained = with_learners(load_run(run.folder), clips, Silent())
        assert trained.method.compute == card
        how = (trained.model, trained.archive, run.config)
        maps = frame_maps(*how, fed_back=False, compute=trained.method.compute)
    assert len(maps) == 90
    told: list[FitContext] = []

    def learned(*given: object) -> tuple[np.ndarray, None]:
        told.extend(one for one in given if isinstance(one, FitContext))
        return run.scores, None

    monkeypatch.setattr(learning, "learn_from_marks", learned)
    learn_from(trained, {3: True}, 1, Silent())
    assert [one.compute for one in told] == [card]


def test_threads_of_the_review_page_run_where_it_was_asked_for(
    trained: TrainedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(trained.run.folder, tmp_path / "run"))
    seen: list[Compute] = []

    def noted(*given: object) -> TrainedRun:
        seen.append(current())
        return trained

    monkeypatch.setattr(reviewing, "with_learners", noted)
    session = ReviewSession(folder, HALF)
    page = threading.Thread(target=session.heat, args=(1, 12))
    page.start()
    page.join()
    session.close()
    assert seen == [HALF]


def test_a_device_that_is_not_there_is_refused_before_anything_is_done(
    tmp_path: Path, run: SiftedRun
) -> None:
    with pytest.raises(ConfigError, match="There is no device 'abacus'"):
        awry.sift(tmp_path, out=tmp_path / "run", device="abacus")
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match="There is no precision '8'"):
        awry.review(run, precision="8")
