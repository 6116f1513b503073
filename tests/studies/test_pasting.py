"""What `awry.paste` writes is a data set whose labels and masks say where something was altered."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import awry as library
from awry.datasets.base import Clip
from awry.studies import pasting
from awry.studies.pasting import PastedClip, PastedSet

FEW = ("twice as fast", "upside down")


def walk(length: int = 200) -> np.ndarray:
    """Uint8 (length, 64, 128, 3): somebody with a bright head walks to the right."""
    noise = np.random.default_rng(0).integers(-3, 4, (length, 64, 128, 1))
    images = np.repeat((90 + noise).astype(np.uint8), 3, 3)
    for place in range(length):
        left = 4 + place % 100
        images[place, 30:36, left : left + 6] = 220
        images[place, 36:42, left : left + 6] = 160
    return images


def footage(images: np.ndarray) -> library.Dataset:
    clip = Clip("a walk", lambda: library.ArraySource(images, fps=10, name="a walk"), "yard")
    return library.Dataset("arrays", "arrays", None, 10.0, (clip,), ())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PastedSet:
    out = tmp_path_factory.mktemp("pasted") / "yard"
    return library.paste(footage(walk()), out=out, kinds=FEW, count=1)


def test_it_is_a_data_set_that_awry_reads(made: PastedSet) -> None:
    data = library.open_dataset(made.folder)
    assert [clip.name for clip in data.train] == sorted(made.train)
    assert {clip.name for clip in data.test} == {clip.name for clip in made.test}
    assert (data.name, data.fps, data.failed) == ("folder", 10.0, ())
    assert not library.check_dataset(made.folder, full=True).failed


def test_labels_and_masks_say_where_it_was_altered(made: PastedSet) -> None:
    by_kind = {clip.kind: clip for clip in made.test}
    assert list(by_kind) == ["control", *FEW]
    assert by_kind["control"].abnormal == 0
    assert by_kind["upside down"].abnormal == by_kind["upside down"].frames
    assert 0 < by_kind["twice as fast"].abnormal < by_kind["twice as fast"].frames
    for clip in library.open_dataset(made.folder).test:
        assert clip.labels is not None
        said = next(one for one in made.test if one.name == clip.name)
        labels = clip.labels()
        assert (len(labels), int(labels.sum())) == (said.frames, said.abnormal)
    masks = np.load(made.folder / "masks" / "upside-down-00.npz")["masks"]
    rows, columns = np.nonzero(masks[3])
    assert 25 <= rows.min() < rows.max() <= 47
    assert columns.max() - columns.min() < 16


def test_training_and_test_clips_share_no_frame(made: PastedSet) -> None:
    data = library.open_dataset(made.folder)
    lengths = [sum(1 for _ in clip.open()) for clip in data.train]
    assert sum(lengths) == 120  # of 200, 40 % of which test clips are made of
    assert {clip.source for clip in made.test} == {"a walk"}


def test_a_result_shows_itself(made: PastedSet) -> None:
    assert made.plot().get_xlabel() == "test frames"
    assert next(card.value for card in made.cards()) == "3"
    assert made.rows()[0]["kind"] == "control"
    assert made.to_dict()["train"] == list(made.train)


def test_a_video_is_taken_as_it_is(made: PastedSet, tmp_path: Path) -> None:
    video = made.folder / "train" / f"{max(made.train)}.mp4"
    longest = max((made.folder / "train").iterdir(), key=lambda path: path.stat().st_size)
    ask = partial(library.paste, kinds=FEW, count=1, seconds=1.2)
    again = ask(longest, out=tmp_path / "again")
    assert again.folder.is_dir()
    assert {clip.source for clip in again.test} == {longest.stem}
    assert video.is_file()


def test_what_cannot_be_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    ask = partial(library.paste, footage(walk(4)))
    with pytest.raises(library.ConfigError, match="did you mean 'wider'"):
        ask(out=tmp_path / "o", kinds="widr")
    with pytest.raises(library.ConfigError, match=r"a share in \(0, 0.5\)"):
        ask(out=tmp_path / "o", share=0.5)
    (tmp_path / "there").mkdir()
    with pytest.raises(library.ConfigError, match="is there already"):
        ask(out=tmp_path / "there")
    with pytest.raises(library.AwryError, match=r"nowhere"):
        library.paste(tmp_path / "nowhere", out=tmp_path / "o")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_footage_in_which_nothing_moves_has_nothing_to_paste(tmp_path: Path) -> None:
    still = np.full((120, 48, 64, 3), 90, np.uint8)
    with pytest.raises(library.FootageError, match="no object to paste"):
        library.paste(footage(still), out=tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_names_that_every_file_system_takes() -> None:
    assert pasting._slug("a:b/c d") == "a-b-c-d"
    assert pasting._slug("...") == "clip"


def test_a_clip_is_plain_values() -> None:
    clip = PastedClip("wider-00", "wider", "a", 30, 30)
    assert PastedSet(Path("o"), ("t",), (clip,), ()).rows() == [
        {"name": "wider-00", "kind": "wider", "source": "a", "frames": 30, "abnormal": 30}
    ]
