"""Several scorers on one stream: aligned by frame, and asking their teachers once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from awry.frames import FrameScore, Region
from awry.methods.base import Scorer, Setting
from awry.methods.fused import Fused, FusedConfig
from awry.methods.fused.evidence import FrameEvidence, Place
from awry.methods.fused.normality import measure
from awry.methods.fused.scoring import FusedScorer, _once
from awry.teachers.flow import DISFlow, load_flow

from .late import BOX, Late, stream


def fused(*scorers: Scorer, maps: bool = True, **changes: Any) -> FusedScorer:
    names = ["flow"] * len(scorers)
    config = Fused.configure("tiny", {"of": names, **changes})
    assert isinstance(config, FusedConfig)
    values = np.random.default_rng(0).uniform(0, 9, (200, len(scorers)))
    usual = [FrameEvidence((Place(BOX, (12.0, 12.0)),), row[None], row) for row in values]
    labels = [child.label for child in config.children]
    setting = Setting(maps=maps)
    return FusedScorer(labels, scorers, measure([usual], config), config, setting)


def scored(scorer: Scorer, count: int) -> list[FrameScore]:
    return [one for frame in stream(count) for one in scorer.push(frame)] + scorer.flush()


def test_the_slowest_sets_the_pace() -> None:
    scorer = fused(Late(0), Late(7, 3), Late(4))
    assert (scorer.lookahead, scorer.run_up) == (7, 3)
    scores = scored(scorer, 30)
    assert [one.index for one in scores] == list(range(30))
    for one in scores[3:23]:
        assert {one.parts[label] for label in ("flow", "flow-2", "flow-3")} == {one.index % 10}


@pytest.mark.parametrize(
    ("warmups", "weights", "first"),
    [
        ((0, 5, 2), {}, 2),
        ((0, 5), {}, 5),  # one of two is not enough
        ((0, 5, 2), {"flow-2": 2.0}, 5),
        ((0, 5, 2), {"flow": 3.0}, 0),
        ((4, 4, 4), {}, 4),
    ],
)
def test_it_begins_when_more_than_half_has(
    warmups: tuple[int, ...], weights: dict[str, float], first: int
) -> None:
    scorer = fused(*(Late(1, warmup, objects=True) for warmup in warmups), weights=weights)
    assert (scorer.warmup, scorer.run_up) == (first, max(warmups))
    scores = scored(scorer, 12)
    assert [one.index for one in scores if one.score is None] == list(range(first))
    for one in scores[first:]:
        begun = {
            f"{label}.evidence"
            for label, warmup in zip(("flow", "flow-2", "flow-3"), warmups, strict=False)
            if warmup <= one.index
        }
        assert {name for name in one.parts if name.endswith(".evidence")} == begun
        assert {name for name in one.regions[0].parts if name.endswith(".evidence")} == begun
        assert one.map is not None


def test_regions_say_which_system_spoke() -> None:
    scores = scored(fused(Late(0, objects=True), Late(1)), 20)
    (region,) = scores[9].regions
    assert region.box == BOX
    assert region.class_name == "dog"
    assert region.score == pytest.approx(scores[9].score, abs=1)
    assert region.parts["flow.speed"] == 9
    assert {"flow.evidence", "flow-2.evidence"} <= set(region.parts)
    assert scores[9].map is not None
    assert scores[9].map.shape == (4, 8)
    assert scores[9].map.argmax() == 9  # row 1, column 1


def test_the_systems_maps_are_passed_on_by_their_names() -> None:
    inner = Late(0)
    heat, own = np.ones((4, 8), np.float32), np.full((2, 2), 3, np.float32)
    inner._next = lambda: replace(  # type: ignore[method-assign]
        Late._next(inner), map=heat, maps={"motion": own}
    )
    (found,) = fused(Late(0), inner).push(stream(1)[0])
    assert set(found.maps) == {"flow", "flow-2", "flow-2.motion"}
    assert found.maps["flow-2"] is heat
    assert found.maps["flow-2.motion"] is own
    assert not fused(Late(0), Late(0), maps=False).push(stream(1)[0])[0].maps


def test_pictures_of_all_systems_show_the_same_frame() -> None:
    now, later = Late(0), Late(0)
    later.picture_lag = 3
    for scorer in (now, later):
        scorer.pictures = lambda frames, own=scorer: {  # type: ignore[method-assign]
            "frame": np.full((4, 8, 3), len(frames) - 1 - own.picture_lag, np.uint8)
        }
    both = fused(now, later)
    assert both.picture_lag == 3
    shown = both.pictures(stream(9))
    assert shown is not None
    assert {name: int(one[0, 0, 0]) for name, one in shown.items()} == {
        "flow frame": 5, "flow-2 frame": 5
    }  # fmt: skip


def test_without_maps_the_score_is_the_same() -> None:
    whole = scored(fused(Late(0, objects=True), Late(1)), 20)
    bare = scored(fused(Late(0, objects=True), Late(1), maps=False), 20)
    assert [one.score for one in bare] == [one.score for one in whole]
    assert all(one.map is None and not one.regions for one in bare)


def test_a_stranger_map_outside_of_all_objects_has_its_place() -> None:
    """One system's objects are usual, another's map is not."""
    strange, usual = Late(0), Late(0, objects=True)
    scorer = fused(usual, strange, combine="maximum")
    heat = np.zeros((4, 8), np.float32)
    heat[3, 7] = 400
    strange._next = lambda: replace(  # type: ignore[method-assign]
        Late._next(strange), map=heat, score=400.0
    )
    (found,) = scorer.push(stream(1)[0])
    assert found.regions[0].box == (56.0, 24.0, 63.0, 31.0)
    assert found.regions[0].score == found.score


def test_of_boxes_in_one_another_the_stronger_is_shown() -> None:
    whole, head = Region((0, 0, 19, 39), 3.0), Region((4, 0, 15, 11), 5.0)
    neighbour = Region((12, 0, 31, 39), 1.0)
    assert _once([head, whole, neighbour]) == (head, neighbour)
    assert _once([]) == ()


class Asking(Late):
    """Asks for flow before it scores; `late` frames after the frame came."""

    def _next(self) -> FrameScore:
        image = np.full((32, 64, 3), self._owed[0].index, np.uint8)
        load_flow("dis")(image, image)
        return super()._next()


def test_teachers_are_asked_once_however_late_a_system_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    flow = DISFlow._flow
    monkeypatch.setattr(DISFlow, "_flow", lambda *a: calls.append(1) or flow(*a))
    scorer = fused(Asking(0), Asking(3), Asking(7))
    scored(scorer, 20)
    assert len(calls) == 20
    memory = scorer.memory
    assert (memory.asked, memory.found) == (20 + 17 + 13, 17 + 13)
    load_flow("dis")(np.zeros((32, 64, 3), np.uint8), np.zeros((32, 64, 3), np.uint8))
    assert len(calls) == 21  # outside nothing is shared
