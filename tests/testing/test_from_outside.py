"""What a package from outside adds goes through every command that takes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry as library
from awry import extensions
from awry.datasets import known_layouts, open_dataset
from awry.errors import ConfigError
from awry.evaluation.metrics.frame import frame_metrics
from awry.teachers.flow import load_flow
from awry.teachers.objects import load_detector
from support import moving_square

PACKAGE = Path(__file__).resolve().parent.parent / "outside_package"
ABNORMAL = slice(15, 24)


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package, as pip would have installed it."""
    folder = tmp_path_factory.mktemp("installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PACKAGE))
        patch.syspath_prepend(str(folder))
        module = import_module("awry_outside")
        about = folder / "awry_outside-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: awry-outside\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(module.ENTRY_POINTS)
        extensions.declared.cache_clear()
        yield module
    extensions.declared.cache_clear()


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in the layout from outside."""
    root = tmp_path_factory.mktemp("arrays")
    for number in range(2):
        np.savez(root / f"normal-{number}.npz", frames=moving_square(40, number))
    labels = np.zeros(30, np.uint8)
    labels[ABNORMAL] = 1
    for number in range(2):
        frames = moving_square(30, 10 + number)
        frames[ABNORMAL] = moving_square(30, 20 + number, speed=8)[ABNORMAL]
        np.savez(root / f"tested-{number}.npz", frames=frames, labels=labels)
    return root


@pytest.fixture(scope="module")
def bundle(awry: Callable, arrays: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The method from outside, fitted on the data from outside by the command line."""
    out = tmp_path_factory.mktemp("bundle") / "outside"
    said = awry("fit", "outside", "--data", arrays, "--preset", "tiny", "--out", out)
    assert said.code == 0, said.err
    return out


def test_a_layout_is_known_and_recognised(awry: Callable, arrays: Path) -> None:
    names = [layout.name for layout in known_layouts()]
    assert names[-2:] == ["outside-layout", "folder"]
    assert open_dataset(arrays).name == "outside-layout"
    assert "outside-layout" in {layout["name"] for layout in awry("datasets", "--json").json}
    for words in ((), ("--format", "outside-layout")):
        assert awry("datasets", arrays, *words, "--json").json["layout"] == "outside-layout"


def test_teachers_are_loaded_by_their_kind(installed: Any) -> None:
    assert isinstance(load_flow("difference:grey"), installed.Difference)
    assert isinstance(load_detector("bright:90"), installed.BrightDetector)
    with pytest.raises(ConfigError, match="did you mean 'bright'"):
        load_detector("brigth:90")


def test_a_detector_from_outside_serves_our_methods(arrays: Path, tmp_path: Path) -> None:
    changes = {"detector": "bright:100", "level": "object", "tasks": ("middle_box",)}
    library.fit("ssmtl", arrays, out=tmp_path / "ssmtl", preset="tiny", changes=changes)
    detector = library.load(tmp_path / "ssmtl")
    config = next(iter(detector.models.values())).config
    assert config.detector == "bright:100"


def test_the_method_is_listed(awry: Callable) -> None:
    assert awry("methods", "outside", "--json").code == 0
    assert awry("doctor").code == 0


def test_the_bundle_scores(
    awry: Callable, bundle: Path, make_video: Callable, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "yard.mp4", moving_square(20, 3))
    scores = tmp_path / "scores.csv"
    said = awry("score", bundle, video, "--out", scores, "--parts", "all")
    assert said.code == 0, said.err
    header = scores.read_text().splitlines()[0]
    assert "objects" in header
    said = awry("alarms", scores, "--threshold", 1, "--json")
    assert said.code == 0, said.err


def test_the_metric_is_measured_everywhere(
    awry: Callable, bundle: Path, arrays: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        said = awry("evaluate", bundle, "--data", arrays, "--out", tmp_path / name, "--json")
        assert said.code == 0, said.err
    figures = json.loads((tmp_path / "one" / "metrics.json").read_text())
    assert figures["frame"]["share_above_median"] > 0.5
    assert figures["variants"]["offline"]["share_above_median"] is not None
    assert "share_above_median" in figures["references"]["flow"]
    assert awry("compare", tmp_path / "one", tmp_path / "two", "--json").code == 0


def test_plain_files_are_measured_by_the_metric_too(awry: Callable, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("clip,frame,score\na,0,1\na,1,3\na,2,2\na,3,0\n")
    (tmp_path / "labels.csv").write_text("clip,frame,label\na,0,0\na,1,1\na,2,0\na,3,0\n")
    files = ("--scores", tmp_path / "scores.csv", "--labels", tmp_path / "labels.csv")
    said = awry("metrics", "frame", *files, "--json")
    assert said.code == 0, said.err
    assert said.json["frame"]["share_above_median"] == 1.0


def test_studies_take_what_is_from_outside(
    awry: Callable, bundle: Path, arrays: Path, tmp_path: Path
) -> None:
    words = ("--data", arrays, "--corruptions", "fog", "--severities", 3)
    said = awry("robustness", bundle, *words, "--out", tmp_path / "fog", "--json")
    assert said.code == 0, said.err
    words = ("--refit", "outside", "--subsample", "1,2", "--data", arrays)
    said = awry("robustness", *words, "--out", tmp_path / "fewer", "--json")
    assert said.code == 0, said.err


def test_an_archive_in_a_layout_from_outside_is_sifted(
    awry: Callable, arrays: Path, tmp_path: Path
) -> None:
    fast = ("--preset", "tiny", "--set", "rounds=1", "--set", "epochs=1")
    said = awry(
        "sift",
        "--data",
        arrays,
        "--merged",
        "--every",
        4,
        *fast,
        "--out",
        tmp_path / "run",
        "--json",
    )
    assert said.code == 0, said.err
    assert "tested-1" in said.out


def test_what_a_method_does_not_offer_is_refused_in_a_sentence(
    awry: Callable, bundle: Path, arrays: Path, tmp_path: Path
) -> None:
    said = awry("export", bundle, "--to", "onnx", "--out", tmp_path / "exported")
    assert said.code == 2
    assert "outside" in said.err


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Installs a package whose one entry point, `broken`, gives something wrong."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(group: str, value: str) -> None:
        about = tmp_path / "wrong-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[{group}]\nbroken = {value}\n")
        extensions.declared.cache_clear()

    yield install
    monkeypatch.undo()
    extensions.declared.cache_clear()


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("awry_outside:Outside", "no awry.datasets.Layout"),
        ("awry_outside:LAYOUT", "calls itself 'outside-layout'"),
        ("nowhere_at_all:L", "No module named"),
    ],
)
def test_a_broken_layout_is_named_and_the_rest_goes_on(
    broken: Callable[[str, str], None], value: str, fault: str
) -> None:
    broken("awry.datasets", value)
    with pytest.warns(UserWarning, match=f"'broken' of the package wrong.*{fault}"):
        assert known_layouts()


def test_a_broken_metric_is_named_and_the_rest_goes_on(
    broken: Callable[[str, str], None],
) -> None:
    broken("awry.metrics", "awry_outside:NO_CLASSES")
    with pytest.warns(UserWarning, match="'broken' of the package wrong.*no function"):
        assert frame_metrics([[0.0, 1.0]], [[0, 1]])["micro_auc"] == 1.0


def test_a_broken_teacher_is_refused_where_it_is_asked_for(
    broken: Callable[[str, str], None],
) -> None:
    broken("awry.teachers.flow", "awry_outside:NO_CLASSES")
    with pytest.raises(ConfigError, match="package wrong cannot be used: it is no function"):
        load_flow("broken:flow")
