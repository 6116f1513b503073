"""A setting for several methods goes to those that can take it."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from awry.errors import ConfigError
from awry.methods.base import MethodConfig
from awry.methods.shared_settings import settings_by_method, takers


class WithTeacher(MethodConfig):
    depth: str = "none"
    blur: int = Field(3, ge=1)


class WithNetwork(MethodConfig):
    depth: Literal["shallow", "deep"] = "deep"


BOTH = {"teacher": WithTeacher, "network": WithNetwork}


def test_a_name_that_means_two_things_goes_where_its_value_fits() -> None:
    assert takers(BOTH, "depth", "onnx:a.onnx") == ["teacher"]
    assert takers(BOTH, "depth", "shallow") == ["teacher", "network"]
    assert takers({"network": WithNetwork}, "depth", "onnx:a.onnx") == ["network"]


def test_limits_count_and_what_fits_none_goes_to_all_that_have_it() -> None:
    assert takers(BOTH, "blur", 5) == ["teacher"]
    assert takers(BOTH, "blur", 0) == ["teacher"]
    assert takers(BOTH, "sharpness", 1) == []


def test_each_method_takes_what_it_has_and_a_single_one_takes_all() -> None:
    given = {"blur": 5, "neighbours": 3}
    assert settings_by_method(["flow", "knn"], given) == {
        "flow": {"blur": 5},
        "knn": {"neighbours": 3},
    }
    assert settings_by_method(["flow"], given) == {"flow": given}
    with pytest.raises(ConfigError, match="None of these methods has a setting 'blurr'"):
        settings_by_method(["flow", "knn"], {"blurr": 5})
