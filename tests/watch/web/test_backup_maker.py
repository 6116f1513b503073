"""One backup at a time; what becomes of it is known."""

from __future__ import annotations

import pytest

from awry.errors import WriteError
from awry.watch.web import backup_maker
from awry.watch.web.backup_maker import BackupMaker
from web_site import Here


def test_one_at_a_time(here: Here) -> None:
    turns = BackupMaker()
    assert turns.begin("monday")
    assert not turns.begin("tuesday")
    assert turns.making == "monday"
    done = turns.make(here.database)
    assert done is not None
    assert (done.path.name, turns.making, turns.problem) == ("monday", "", "")
    assert turns.begin("monday")
    assert turns.make(here.database) is None
    assert "is there already" in turns.problem
    assert turns.begin("wednesday")
    assert turns.problem == ""


@pytest.mark.parametrize("error", [WriteError("It is full."), RuntimeError("bad")])
def test_a_failure_lets_the_next_one_have_its_turn(
    here: Here, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*given: object) -> None:
        raise error

    monkeypatch.setattr(backup_maker, "copied", broken)
    turns = BackupMaker()
    turns.begin("monday")
    if isinstance(error, WriteError):
        assert turns.make(here.database) is None
        assert turns.problem == "It is full."
    else:
        with pytest.raises(RuntimeError):
            turns.make(here.database)
        assert turns.problem == "The backup failed: RuntimeError."
    assert turns.making == ""
