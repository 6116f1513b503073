"""What is written, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry
from awry.detector import Detector
from awry.errors import ConfigError
from awry.score_run.options import ScoreOptions, check_options, check_parts


@pytest.fixture
def detector(bundle: Path) -> Detector:
    return awry.load(bundle)


def test_a_further_detector_writes_beside_the_first() -> None:
    options = ScoreOptions(
        **{"out": Path("a/s.csv"), "maps": Path("a/maps"), "overlay": Path("a/o.mp4")},
        parts=("latent",),
        map_part="motion",
    ).for_other("knn")
    assert (options.out, options.regions) == (Path("a/s-knn.csv"), None)
    assert options.map_part is None
    assert (options.maps, options.overlay, options.parts) == (Path("a/maps-knn"), None, ())


def test_tables_that_would_be_one_file_are_left_out(tmp_path: Path) -> None:
    options = ScoreOptions(out=tmp_path / "s.csv", events=tmp_path / "S.csv")
    kept, (sentence,) = options.without_shared()
    assert (kept.out, kept.events) == (options.out, None)
    assert sentence.endswith("the events are not written.")
    apart = ScoreOptions(out=tmp_path / "s.csv", events=tmp_path / "e.csv")
    assert apart.without_shared() == (apart, [])


def test_places_of_several_sources() -> None:
    options = ScoreOptions(maps=Path("maps"), overlay=Path("o"))
    assert options.overlay_of("gate", alone=True) == Path("o.mp4")
    assert options.overlay_of("gate", alone=False) == Path("o-gate.mp4")
    assert options.maps_of("gate") == Path("maps/gate.npz")
    kinds = [place.kind for place in options.places(["a", "b"])]
    assert kinds == ["folder", "maps", "maps", "video", "video"]


def test_maps_are_made_only_where_they_are_of_use() -> None:
    assert ScoreOptions().wants_maps  # in memory
    assert not ScoreOptions(out=Path("s.csv")).wants_maps
    assert ScoreOptions(out=Path("s.csv"), events=Path("e.csv")).wants_maps


def test_what_is_unknown_is_refused(detector: Detector) -> None:
    with pytest.raises(ConfigError, match="flow has no extra part 'latent': it has none"):
        check_parts(detector, ["latent"])
    check_parts(detector, ["all"])
    with pytest.raises(ConfigError, match="flow has no map of the part 'motion': none of its"):
        check_options(detector, ScoreOptions(maps=Path("m"), map_part="motion"))
    with pytest.raises(ConfigError, match="give a folder with --maps too"):
        check_options(detector, ScoreOptions(map_part="motion"))
    with pytest.raises(ConfigError, match="knows no scene 'nowhere'"):
        check_options(detector, ScoreOptions(scene="nowhere"))
