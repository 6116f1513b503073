from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import DatasetError, InputError
from awry.evaluation.files.frames import read_frame_files, read_label_files

LABELS = "clip,frame,label\na,0,0\na,1,1\na,2,0\nb,0,1\nb,1,0\n"
SCORES = "clip,frame,score\nb,1,0.5\nb,0,0.4\na,2,0.3\na,0,0.1\na,1,0.2\n"


@pytest.fixture
def put(tmp_path: Path):
    def write(name: str, what: str | list) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, str):
            path.write_text(what)
        else:
            np.save(path, np.array(what))
        return path

    return write


def values(found) -> dict[str, tuple[list[float], list[int]]]:
    return {c.name: (c.scores.tolist(), c.labels.tolist()) for c in found.clips}


EXPECTED = {"a": ([0.1, 0.2, 0.3], [0, 1, 0]), "b": ([0.4, 0.5], [1, 0])}


def test_tables_of_several_clips_in_any_order(put) -> None:
    found = read_frame_files(put("s.csv", SCORES), put("l.csv", LABELS), fps=10)
    assert values(found) == EXPECTED
    assert found.notes == []
    assert [clip.fps for clip in found.clips] == [10, 10]
    assert found.clips[0].labels is not None
    assert found.clips[0].labels.dtype == np.uint8


def test_folders_of_tables_arrays_and_lists(put, tmp_path: Path) -> None:
    put("s/a.csv", "score,frame\n0.1,0\n0.2,1\n0.3,2\n")
    put("s/b.npy", [0.4, 0.5])
    put("l/a.npy", [False, True, False])
    put("l/b.csv", "1\n0\n")
    (tmp_path / "l" / "readme.md").write_text("what this is")
    found = read_frame_files(tmp_path / "s", tmp_path / "l")
    assert values(found) == EXPECTED
    assert found.notes == [f"Left aside in {tmp_path / 'l'}: readme.md."]


def test_the_table_of_awry_score_is_accepted(put) -> None:
    rows = "a,0,,0.1,0,0.1\na,1,,0.2,1,0.2\na,2,,0.3,1,0.3\nb,0,,0.4,1,0.1\nb,1,,0.5,1,0.1\n"
    scores = put("s.csv", "source,frame,time_s,score,scored,part.latent\n" + rows)
    found = read_frame_files(scores, put("l.csv", LABELS))
    assert values(found) == EXPECTED
    assert found.clips[0].scored.tolist() == [False, True, True]


def test_two_single_files_of_one_clip_belong_together(put) -> None:
    scores = put("scores.npy", [0.1, 0.2])
    found = read_frame_files(scores, put("01.csv", "frame,label\n0,0\n1,1\n"))
    assert values(found) == {"01": ([0.1, 0.2], [0, 1])}


def test_clips_of_one_class_are_noted(put) -> None:
    labels = put("l.csv", LABELS.replace("b,0,1", "b,0,0"))
    found = read_frame_files(put("s.csv", SCORES), labels)
    assert found.notes == [
        "1 of 2 clips have frames of one class only and are not in the macro AUC: b."
    ]


def test_files_that_count_from_one(put) -> None:
    scores = put("s.csv", "clip,frame,score\na,1,0.1\na,2,0.2\na,3,0.3\nb,1,0.4\nb,2,0.5\n")
    labels = put("l.csv", LABELS)
    with pytest.raises(InputError) as error:
        read_frame_files(scores, labels)
    said = str(error.value)
    assert "s.csv: the scores of clip a count frames from 1, while the labels count from 0" in said
    assert "give --scores-first-frame 1" in said
    assert values(read_frame_files(scores, labels, scores_first_frame=1)) == EXPECTED
    late = put("m.csv", "clip,frame,label\na,1,0\na,2,1\na,3,0\nb,1,1\nb,2,0\n")
    with pytest.raises(InputError, match=r"labels of clip a count frames from 1.*--labels-first"):
        read_frame_files(put("t.csv", SCORES), late)
    with pytest.raises(InputError, match="begin at frame 1; expected every frame from 0"):
        read_label_files(put("n.csv", "frame,label\n1,0\n2,1\n"))


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (SCORES.replace("a,2,0.3\n", ""), r"Clip a: 2 scores in .*s.csv, but 3 labels in .*l.csv"),
        (SCORES.replace("0.3", "nan"), r"line 4: the score of clip a at its frame 2 .* is nan"),
        (SCORES.replace("0.5", "-inf"), r"line 2: the score of clip b at its frame 1 .* is -inf"),
        (SCORES + "a,1,0.9\n", r"line 7: frame 1 of clip a is in line 6 already"),
        (SCORES.replace("a,1,0.2\n", ""), r"line 4: clip a goes from frame 0 to 2"),
        (SCORES.replace("a,0,0.1\n", ""), r"scores of clip a begin at frame 1; expected every"),
        (SCORES.replace("a,0", "a,-1"), r"line 5: frame -1 is negative"),
        (SCORES.replace("b,", "c,"), r"scores but no labels of 1 clips: c"),
        (SCORES.replace("b,", "test/b.mp4,"), r"'b' has them: spell both alike"),
        ("clip,frame,score\na,0,0.1\na,1,0.2\na,2,0.3\n", r"labels but no scores of 1 clips: b"),
        ("clip,frame,value\na,0,1\n", r"s.csv has no column 'score'"),
    ],
)
def test_scores_that_cannot_be_used(put, scores: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_frame_files(put("s.csv", scores), put("l.csv", LABELS))


def test_frames_that_awry_score_left_out_are_lost_and_count(put) -> None:
    scores = put("s.csv", "source,frame,score,scored\na,0,0.1,1\na,1,0.2,1\na,5,0.9,1\n")
    labels = put("l.csv", "frame,label\n" + "".join(f"{n},{int(n > 3)}\n" for n in range(6)))
    found = read_frame_files(scores, labels)
    clip = found.clips[0]
    assert clip.scores.tolist() == [0.1, 0.2, 0.2, 0.2, 0.9, 0.9]
    assert clip.scored.tolist() == [True, True, False, False, False, True]
    assert clip.labels is not None
    assert clip.labels.tolist() == [0, 0, 0, 0, 1, 1]
    assert [note.split(" in ")[0] for note in found.notes] == ["Clip l: 3 of 6 frames have no row"]


def test_labels_that_cannot_be_used(put) -> None:
    scores = put("s.csv", SCORES)
    with pytest.raises(InputError, match=r"line 3: the label of clip a at its frame 1 .* is 2"):
        read_frame_files(scores, put("l.csv", LABELS.replace("a,1,1", "a,1,2")))
    labels = put("m.csv", LABELS + "".join(f"c{k},0,1\n" for k in range(7)))
    with pytest.raises(InputError, match=r"labels but no scores of 7 clips: c0, .*, c4 and 2 more"):
        read_frame_files(scores, labels)


def test_files_that_cannot_be_used(put, tmp_path: Path) -> None:
    labels = put("l.npy", [0, 1])
    for what, said in (
        (tmp_path / "none", "There is no file or folder"),
        (put("s.json", "{}"), "Cannot read .*s.json; expected files ending in .csv"),
        (put("s.npy", [[1.0, 2.0]]), r"float64 of shape \(1, 2\)"),
        (put("t.npy", ["a", "b"]), "<U1"),
        (put("u.npy", [1.0, np.nan]), "u.npy: the score of clip u at its frame 1"),
        (put("v.npy", [1.0]), "Clip l: 1 scores"),
    ):
        with pytest.raises(InputError, match=said):
            read_frame_files(what, labels)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing to read in"):
        read_frame_files(tmp_path / "empty", labels)
    with pytest.raises(InputError, match="Clip l has no frames"):
        read_frame_files(put("w.csv", ""), put("l.csv", "frame,label\n"))
    with pytest.raises(DatasetError, match="as a NumPy array"):
        read_frame_files(put("x.npy", "no array"), labels)


def test_a_clip_that_is_there_twice(put, tmp_path: Path) -> None:
    put("s/a.npy", [0.1, 0.2])
    put("s/a.csv", "0.1\n0.2\n")
    with pytest.raises(InputError, match=r"a.csv and .*a.npy are of one clip"):
        read_label_files(tmp_path / "s")
    put("t/one.csv", SCORES)
    put("t/two.csv", SCORES)
    with pytest.raises(InputError, match=r"Clip b is in .*one.csv and in .*two.csv"):
        read_frame_files(tmp_path / "t", put("l.csv", LABELS))
