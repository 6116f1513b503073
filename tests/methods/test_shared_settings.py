"""A setting for several methods goes to those that can take it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from awry.methods.base import MethodConfig
from awry.methods.shared_settings import takers


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
