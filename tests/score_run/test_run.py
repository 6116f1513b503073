"""Sources are found and scored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import awry
from awry.detector import Detector
from awry.errors import ConfigError, SourceError
from awry.score_run.options import ScoreOptions
from awry.score_run.run import score_sources
from awry.video.memory import ArraySource


@pytest.fixture
def detector(bundle: Path) -> Detector:
    return awry.load(bundle)


def test_each_source_has_a_name_of_its_own(detector: Detector, clip_images) -> None:
    sources = [ArraySource(clip_images(seed)[:6], 10, name) for seed, name in enumerate("aAb")]
    result = score_sources(detector, sources, ScoreOptions())
    assert [source.source for source in result.sources] == ["a", "A-2", "b"]
    assert list(result.clips) == ["a", "A-2", "b"]


def test_what_fails_is_listed_and_the_rest_is_scored(
    detector: Detector, clip_images, tmp_path: Path
) -> None:
    sources = [tmp_path / "nowhere.mp4", ArraySource(clip_images(0)[:6], 10, "gate")]
    result = score_sources(detector, sources, ScoreOptions())
    assert [source.source for source in result.sources] == ["gate"]
    assert len(result.failed) == 1
    assert "nowhere.mp4" in result.failed[0]
    with pytest.raises(SourceError, match=r"Nothing was scored\. .*nowhere\.mp4"):
        score_sources(detector, sources[:1], ScoreOptions(out=tmp_path / "s.csv"))
    assert not (tmp_path / "s.csv").exists()


def test_a_start_is_of_one_source(detector: Detector, clip_images) -> None:
    sources = [ArraySource(clip_images(seed)[:6], 10, "gate") for seed in range(2)]
    with pytest.raises(ConfigError, match="A start was given for 2 sources"):
        score_sources(detector, sources, ScoreOptions(start=datetime(2024, 5, 1, tzinfo=UTC)))
