"""Track files, their checks, and tracks linked from masks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.datasets import open_dataset
from awry.datasets.linking import linked_tracks
from awry.datasets.tracks import LINKED, Tracks, check_frames, clip_boxes, read_tracks, tracks_of
from awry.datasets.truth import FROM_FILE, track_source
from awry.errors import DatasetError


def written(folder: Path, text: str, name: str = "Test001.txt") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def rows(tracks: Tracks) -> list[tuple[float, ...]]:
    return [
        (int(one), int(frame), *box.tolist())
        for one, frame, box in zip(tracks.ids, tracks.frames, tracks.boxes, strict=True)
    ]


@pytest.mark.parametrize("header", ["", "track_id,frame,x_min,y_min,x_max,y_max\n", "\ufeff"])
def test_corners_with_commas(tmp_path: Path, header: str) -> None:
    text = header + "0,154,4,142,119,249\n\n 3, 155, 6.5, 145, 129, 254\n"
    tracks = read_tracks(written(tmp_path, text))
    assert rows(tracks) == [(0, 154, 4, 142, 119, 249), (3, 155, 6.5, 145, 129, 254)]
    assert tracks.ids.dtype == tracks.frames.dtype == np.int64
    assert tracks.boxes.dtype == np.float64
    assert tracks.source == FROM_FILE


def test_centres_with_spaces_count_frames_from_one(tmp_path: Path) -> None:
    text = "001.jpg 0 10 20 5 7\nTest001/012.tif 2 10.5 20 4 1\n"
    assert rows(read_tracks(written(tmp_path, text))) == [
        (0, 0, 8, 17, 12, 23),
        (2, 11, 9, 20, 12, 20),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "track_id,frame,x_min,y_min,x_max,y_max",
             "filename track_id x_center y_center width height\n"],
)  # fmt: skip
def test_no_rows(tmp_path: Path, text: str) -> None:
    tracks = read_tracks(written(tmp_path, text))
    assert tracks.ids.shape == tracks.frames.shape == (0,)
    assert tracks.boxes.shape == (0, 4)
    check_frames(tracks, 5)
    assert clip_boxes(tracks, (4, 4)).clipped == 0


def test_one_row(tmp_path: Path) -> None:
    assert rows(read_tracks(written(tmp_path, "7,0,1,2,1,2"))) == [(7, 0, 1, 2, 1, 2)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0,1,2,3,4", "5 columns, expected 6: track_id,frame"),
        ("0,1,2,3,x,5", "'x' is not a number"),
        ("0,1.5,2,3,4,5", "frame '1.5' is not a whole number"),
        ("a,1,2,3,4,5", "'a' is not a number"),
        ("0,1,4,3,2,5", "inverted"),
        ("0,1,2,3,nan,5", "not finite"),
        ("0,1,2,3,inf,5", "not finite"),
        ("0,-1,2,3,4,5", "frame -1 is negative"),
        ("0,0,1,1,2,2", "track 0 is in frame 0 already, in line 1"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, f"0,0,0,0,1,1\n{line}\n")
    with pytest.raises(DatasetError) as caught:
        read_tracks(file)
    assert str(caught.value).startswith(f"{file}, line 2: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("002.jpg 0 1 1 3", "5 columns, expected 6: filename"),
        ("frame 0 1 1 3 3", "'frame' is no picture's name"),
        ("000.jpg 0 1 1 3 3", "count frames from 1"),
        ("002.jpg 0 1 1 0 3", "no extent"),
        ("002.jpg 0 1 1 -2 3", "no extent"),
        ("002.jpg 0 nan 1 2 3", "not finite"),
        ("001.jpg 0 5 5 3 3", "already, in line 1"),
    ],
)
def test_bad_lines_of_centres_are_named(tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, f"001.jpg 0 1 1 3 3\n{line}\n")
    with pytest.raises(DatasetError) as caught:
        read_tracks(file)
    assert str(caught.value).startswith(f"{file}, line 2: ")
    assert said in str(caught.value)


def test_a_first_line_with_a_mistake_is_no_header(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="line 1: 'x' is not a number"):
        read_tracks(written(tmp_path, "x,0,0,0,1,1"))


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    file = tmp_path / "Test001.txt"
    with pytest.raises(DatasetError, match=r"Test001\.txt"):
        read_tracks(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"Test001\.txt"):
        read_tracks(file)


def at(*frames: int) -> Tracks:
    return tracks_of([(0, frame, 0, 0, 1, 1) for frame in frames], "")


def test_frames_that_count_from_one_are_refused_with_advice() -> None:
    check_frames(at(0, 9), 10)
    with pytest.raises(DatasetError, match=r"count frames from 1.*subtract 1"):
        check_frames(at(1, 10), 10, "a.txt")
    with pytest.raises(DatasetError, match=r"a\.txt does not fit.*frame 10 .*10 frames"):
        check_frames(at(0, 10), 10, "a.txt")
    with pytest.raises(DatasetError, match=r"does not fit.*frame 11"):
        check_frames(at(1, 11), 10)


def test_boxes_beyond_the_frame_are_cut_and_counted() -> None:
    tracks = tracks_of([(0, 0, -3, 1, 5, 4), (0, 1, 0, 0, 11, 7), (0, 2, 4, 4, 12, 8)], "")
    cut = clip_boxes(tracks, (8, 12))
    assert cut.boxes.tolist() == [[0, 1, 5, 4], [0, 0, 11, 7], [4, 4, 11, 7]]
    assert cut.clipped == 2
    with pytest.raises(DatasetError, match=r"a\.txt.*track 4 in frame 6.*12 x 8"):
        clip_boxes(tracks_of([(4, 6, 12, 0, 13, 4)], ""), (8, 12), "a.txt")


def drawn(*frames: list[tuple[int, int, int, int]]) -> np.ndarray:
    masks = np.zeros((len(frames), 20, 30), bool)
    for mask, boxes in zip(masks, frames, strict=True):
        for x_min, y_min, x_max, y_max in boxes:
            mask[y_min : y_max + 1, x_min : x_max + 1] = True
    return masks


def test_a_moving_component_is_one_track() -> None:
    boxes = [(k, 2, k + 5, 6) for k in range(4)]
    tracks = linked_tracks(drawn(*[[box] for box in boxes]))
    assert rows(tracks) == [(0, k, *box) for k, box in enumerate(boxes)]
    assert tracks.source == LINKED


def test_the_smaller_piece_of_a_split_starts_a_track() -> None:
    small, large = (0, 0, 4, 5), (8, 0, 19, 5)
    tracks = linked_tracks(drawn([(0, 0, 19, 5)], [small, large], [small, large]))
    assert rows(tracks) == [
        (0, 0, 0, 0, 19, 5), (1, 1, *small), (0, 1, *large), (1, 2, *small), (0, 2, *large),
    ]  # fmt: skip


def test_when_two_merge_the_larger_overlap_goes_on() -> None:
    tracks = linked_tracks(drawn([(0, 0, 3, 5), (8, 0, 19, 5)], [(0, 0, 19, 5)]))
    assert tracks.ids.tolist() == [0, 1, 1]


def test_a_track_ends_where_nothing_overlaps() -> None:
    box = (3, 3, 8, 8)
    assert linked_tracks(drawn([box], [], [box])).ids.tolist() == [0, 1]
    assert linked_tracks(drawn([box], [(15, 3, 20, 8)])).ids.tolist() == [0, 1]


def test_corners_that_touch_are_one_component() -> None:
    assert rows(linked_tracks(drawn([(0, 0, 4, 4), (5, 5, 9, 9)]))) == [(0, 0, 0, 0, 9, 9)]


def test_specks_are_left_out() -> None:
    masks = drawn([(0, 0, 2, 2), (10, 0, 14, 1)])
    assert rows(linked_tracks(masks)) == [(0, 0, 10, 0, 14, 1)]
    assert len(linked_tracks(masks, min_area=1).ids) == 2


def test_masks_may_come_one_by_one() -> None:
    def one_by_one() -> Iterator[np.ndarray]:
        for mask in drawn([], [(1, 1, 6, 6)]):
            yield mask.astype(np.uint8) * 255

    assert rows(linked_tracks(one_by_one())) == [(0, 1, 1, 1, 6, 6)]
    assert rows(linked_tracks(iter([]))) == []


@given(st.lists(st.integers(0, 2**16 - 1), max_size=5))
def test_boxes_hold_all_masked_pixels_and_tracks_are_once_in_a_frame(seeds: list[int]) -> None:
    masks = [np.random.default_rng(seed).random((9, 11)) < 0.3 for seed in seeds]
    tracks = linked_tracks(masks, min_area=1)
    assert len({(row[0], row[1]) for row in rows(tracks)}) == len(tracks.ids)
    for frame, mask in enumerate(masks):
        covered = np.zeros_like(mask)
        for x_min, y_min, x_max, y_max in tracks.boxes[tracks.frames == frame].astype(int):
            covered[y_min : y_max + 1, x_min : x_max + 1] = True
        assert covered[mask].all()
    for one in np.unique(tracks.ids):
        frames = tracks.frames[tracks.ids == one]
        assert frames.tolist() == list(range(frames[0], frames[0] + len(frames)))


@pytest.fixture
def root(tmp_path: Path, write_pictures) -> Path:
    """Two test clips of four frames: one with masks, one with labels alone."""
    write_pictures(tmp_path / "train" / "day", 3)
    for name in ("gate", "yard"):
        write_pictures(tmp_path / "test" / name, 4)
    masks = np.zeros((4, 8, 12), bool)
    masks[1:3, 2:6, 3:8] = True
    (tmp_path / "masks").mkdir()
    np.save(tmp_path / "masks" / "gate.npy", masks)
    (tmp_path / "labels").mkdir()
    np.save(tmp_path / "labels" / "yard.npy", np.array([0, 1, 1, 0]))
    return tmp_path


def test_a_data_set_with_masks_has_linked_tracks(root: Path) -> None:
    gate, yard = open_dataset(root).test
    assert (track_source(gate), track_source(yard), yard.tracks) == (LINKED, None, None)
    assert gate.tracks is not None
    assert rows(gate.tracks()) == [(0, 1, 3, 2, 7, 5), (0, 2, 3, 2, 7, 5)]


@pytest.mark.parametrize("name", ["gate.txt", "gate.csv", "gate_gt.txt"])
def test_track_files_come_first(root: Path, name: str) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "0,3,4,4,30,5\n", name)
    data = open_dataset(root)
    gate = data.test[0]
    assert track_source(gate) == FROM_FILE
    assert gate.tracks is not None
    tracks = gate.tracks()
    assert rows(tracks) == [(0, 3, 4, 4, 11, 5)]
    assert (tracks.source, tracks.clipped) == (FROM_FILE, 1)
    assert any("tracks/ has no file for 1 of 2 test clips" in note for note in data.notes)


def test_track_files_are_held_to_their_clip(root: Path) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "0,1,1,1,3,3\n0,4,1,1,3,3\n", "yard.txt")
    tracks = open_dataset(root).test[1].tracks
    assert tracks is not None
    with pytest.raises(DatasetError, match=r"yard\.txt seems to count frames from 1"):
        tracks()


def test_track_files_without_a_clip_are_noted(root: Path) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "", "gaet.txt")
    assert any("belong to no test clip: gaet.txt" in note for note in open_dataset(root).notes)


def test_two_track_files_of_one_clip_are_refused(root: Path) -> None:
    (root / "tracks").mkdir()
    for name in ("gate.txt", "gate.csv"):
        written(root / "tracks", "", name)
    with pytest.raises(DatasetError, match=r"several track files of gate: gate\.txt, gate\.csv"):
        open_dataset(root)


def test_nothing_is_read_before_tracks_are_asked_for(root: Path) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "nonsense\n", "yard.txt")
    (root / "masks" / "gate.npy").write_bytes(b"nonsense")
    for clip in open_dataset(root).test:
        assert clip.tracks is not None
        with pytest.raises(DatasetError):
            clip.tracks()


def test_ped2_has_few_tracks_a_clip(shared: Path) -> None:
    clips = open_dataset(shared / "data" / "UCSDped2").test
    counts = {}
    for clip in clips[:6:5]:
        assert clip.tracks is not None
        assert clip.labels is not None
        tracks = clip.tracks()
        counts[clip.name] = len(np.unique(tracks.ids))
        assert set(np.flatnonzero(clip.labels())) == set(tracks.frames.tolist())
    assert counts == {"Test001": 1, "Test006": 2}


def test_digits_have_tracks() -> None:
    clips = {clip.name: clip for clip in open_dataset(None, format="digits").test}
    normal, shape = clips["normal-00"].tracks, clips["shape-00"].tracks
    assert normal is not None
    assert shape is not None
    assert len(normal().ids) == 0
    assert len(np.unique(shape().ids)) == 1
