"""Messages are plain values that do not change."""

from __future__ import annotations

import dataclasses

import pytest

from awry.watch.ipc.codec import KINDS
from awry.watch.messages import Beat, Hello, new_uid


def test_nobody_else_has_a_uid() -> None:
    uids = {new_uid() for _ in range(100)}
    assert len(uids) == 100
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in uids)


def test_messages_are_frozen_and_compare_by_value() -> None:
    assert Beat() == Beat()
    assert Hello("web", "", 1) != Hello("web", "", 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Hello("web", "", 1).pid = 2  # type: ignore[misc]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_is_a_frozen_dataclass_with_a_docstring(name: str) -> None:
    kind = KINDS[name]
    assert dataclasses.is_dataclass(kind)
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{name}(")
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError, AttributeError)):
        object.__new__(kind).anything = 1  # type: ignore[attr-defined]
