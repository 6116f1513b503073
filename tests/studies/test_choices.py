from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.studies.choices import names, whole_numbers


@pytest.mark.parametrize("given", ["3,1", " 1 , 3,3", [3, 1], (1, 3)])
def test_numbers_however_they_are_given(given: str | list[int]) -> None:
    assert whole_numbers(given, "--seeds", lowest=0) == [1, 3]
    assert whole_numbers(7, "--seeds", lowest=0) == [7]


@pytest.mark.parametrize("given", ["", "a", "1,,2", "-1", [1, 9], -1, "1.5"])
def test_what_is_no_list_of_numbers_is_refused(given: str | list[int]) -> None:
    with pytest.raises(ConfigError, match="Cannot read --severities"):
        whole_numbers(given, "--severities", lowest=1, highest=5)


def test_names_without_gaps() -> None:
    assert names("all") == ("all",)
    assert names("a, b,") == names(["a", " b "]) == ("a", "b")
