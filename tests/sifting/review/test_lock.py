from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import WriteError
from awry.sifting.review.lock import hold, written


def test_one_holds_a_run_at_a_time(tmp_path: Path) -> None:
    first = hold(tmp_path)
    assert first is not None
    assert hold(tmp_path) is None
    first.release()
    again = hold(tmp_path)
    assert again is not None
    again.release()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="Cannot write in"):
        hold(tmp_path / "file")
    assert written(tmp_path) == 0
