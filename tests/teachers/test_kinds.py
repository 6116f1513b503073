from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from awry.devices import PROCESSOR, Compute, current
from awry.errors import ConfigError
from awry.teachers import kinds


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of flow that another package adds, of which one is no function."""
    points = {
        "slow": EntryPoint("slow", "math:sqrt", "awry.teachers.flow"),
        "broken": EntryPoint("broken", "math:pi", "awry.teachers.flow"),
    }

    def of_group(group: str) -> dict[str, list[EntryPoint]]:
        wanted = points if group == "awry.teachers.flow" else {}
        return {name: [point] for name, point in wanted.items()}

    monkeypatch.setattr("awry.extensions.declared", of_group)
    monkeypatch.setattr(kinds, "declared", of_group)


@pytest.mark.usefixtures("declared")
def test_added_kinds_are_loaded_by_role() -> None:
    assert kinds.added_kinds("flow") == ["broken", "slow"]
    assert kinds.added_kinds("depth") == []
    load = kinds.added_loader("flow", "slow")
    assert load is not None
    assert load(16) == 4
    assert kinds.added_loader("flow", "fast") is None
    assert kinds.added_loader("depth", "slow") is None
    values = ("slow:net", "slow", "fast:net", "torchvision:raft_large", "torchvision:", None)
    assert [kinds.has_weights(value) for value in values] == [
        True,
        False,
        False,
        True,
        False,
        False,
    ]


@pytest.mark.usefixtures("declared")
def test_what_cannot_load_a_teacher_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"The kind of teacher .flow. 'broken' .* no function"):
        kinds.added_loader("flow", "broken")


def test_a_loader_may_ask_where_its_teacher_should_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "added_loader", lambda role, kind: lambda name: (name, current()))
    card = Compute("xpu:0", "bf16")
    assert kinds.added_teacher("flow", "slow", card, "net") == ("net", card)
    assert current() == PROCESSOR


@pytest.mark.usefixtures("declared")
def test_a_kind_that_nobody_adds_has_no_teacher() -> None:
    assert kinds.added_teacher("flow", "slow", PROCESSOR, 16) == 4
    assert kinds.added_teacher("flow", "fast", PROCESSOR, 16) is None
