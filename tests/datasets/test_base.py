from __future__ import annotations

from awry.datasets.base import is_in_training, name_in_test, name_in_training


def test_names_of_both_parts_stand_apart() -> None:
    assert name_in_training("a/b") == "train/a/b"
    assert name_in_test("a/b") == "test/a/b"
    assert is_in_training(name_in_training("train"))
    assert not is_in_training(name_in_test("train"))
    assert not is_in_training("trains")
