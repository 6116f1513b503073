from __future__ import annotations

from pathlib import Path

import pytest

import awry
from awry.errors import ConfigError, InputError
from awry.evaluation.files.alarms import read_alarms
from support import CLIP_LABELS, CLIP_SCORES


def test_alarms_must_belong_to_labelled_clips() -> None:
    with pytest.raises(InputError, match="no labels of clip c"):
        awry.measure.event(CLIP_LABELS, alarms={"c": [(0, 1)]})
    with pytest.raises(InputError, match=r"an alarm from frame 5 to 60 .from 0. in clip a of 60"):
        awry.measure.event(CLIP_LABELS, alarms={"a": [(5, 60)]})
    with pytest.raises(InputError, match="The alarms have no clip"):
        awry.measure.event(CLIP_LABELS, alarms=[(5, 6)])
    with pytest.raises(ConfigError, match="Give either --scores with --threshold"):
        awry.measure.event(CLIP_LABELS, CLIP_SCORES)


def test_files_count_from_where_they_say(tmp_path: Path) -> None:
    path = tmp_path / "alarms.csv"
    path.write_text("source,first,last,threshold\nb,1,3,2\nb,8,8,2\n")
    assert read_alarms(path, {"a": 9, "b": 9}) == {"a": [], "b": [(1, 3), (8, 8)]}
    assert read_alarms(path, {"a": 9, "b": 9}, first_frame=1) == {"a": [], "b": [(0, 2), (7, 7)]}
    with pytest.raises(InputError, match=r"line 3: an alarm from frame 8 to 8 .* clip b of 8"):
        read_alarms(path, {"b": 8})
    path.write_text("first,last\n1,3\n")
    assert read_alarms(path, {"a": 9}) == {"a": [(1, 3)]}
    with pytest.raises(InputError, match="no column 'clip', but the labels are of 2 clips"):
        read_alarms(path, {"a": 9, "b": 9})
    with pytest.raises(InputError, match="clip a are not pairs"):
        read_alarms({"a": [1, 2, 3]}, {"a": 9})
