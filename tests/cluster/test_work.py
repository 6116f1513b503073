"""What workers are told, and what they answer."""

from __future__ import annotations

import pytest

from awry.cluster.work import Failed, Prepared, answer_of, made
from awry.errors import AwryError, SourceError


class OddError(SourceError):
    """An error of a package of others."""


def test_errors_travel_with_the_nearest_class_that_awry_knows() -> None:
    def fail() -> None:
        raise OddError("No frame.")

    failed = answer_of(fail)
    assert failed == Failed("No frame.", "SourceError")
    assert isinstance(failed.error(), SourceError)


def test_a_name_that_is_no_error_becomes_the_base() -> None:
    assert type(Failed("?", "difflib").error()) is AwryError


def test_a_wish_to_stop_goes_through() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_of(stop)


def test_prepared_work_is_made_and_a_function_is_itself() -> None:
    assert made(Prepared(lambda: abs))(-2) == 2
    assert made(abs) is abs
