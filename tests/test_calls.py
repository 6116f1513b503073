"""Calls from a program that go wrong end in an error of awry."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field

import awry
from awry.calls import checked, is_checked
from awry.errors import ConfigError, FrameError
from awry.frames import Frame
from awry.video import ArraySource


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: awry.load("b", eagre=True), "load has no option 'eagre'"),
        (lambda: awry.open_source("v.mp4", fsp=25), "open_source .* 'fsp': did you mean 'fps'"),
        (lambda: awry.open_dataset("d", fromat="ucsd"), "did you mean 'format'"),
        (lambda: awry.fit("flow", "d", out="o", prest="cpu"), "fit has .* 'prest': did you mean"),
    ],
)
def test_unknown_options_suggest_the_nearest(tmp_path: Path, call: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        call()


@pytest.mark.parametrize("what", [None, 3.5, np.zeros((4, 6, 3), np.uint8), b"v.mp4", True, ["a"]])
def test_what_is_no_source(what: Any) -> None:
    with pytest.raises(ConfigError, match=r"'what' of open_source .* text, a path or a whole numb"):
        awry.open_source(what)
    with pytest.raises(ConfigError, match=r"'bundle' of load .*: expected text, a path or a Det"):
        awry.load(what)


@checked
def everything(
    place: str | Path = "",
    *,
    count: Annotated[int, Field(ge=1)] = 1,
    rate: float | None = None,
    names: Sequence[str] = (),
    files: tuple[Path, ...] = (),
    image: Frame | np.ndarray | None = None,
    mapping: Mapping[str, Any] | None = None,
    wanted: bool = False,
    kind: Literal["a", "b"] = "a",
) -> dict[str, Any]:
    """All kinds of arguments."""
    return dict(locals())


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("place", b"x", "of type bytes: expected text or a path"),
        ("count", 2.5, "is 2.5: expected a whole number"),
        ("count", True, "is True: expected a whole number"),
        ("count", 0, "is 0: it should be greater than or equal to 1"),
        ("rate", "fast", "is 'fast': expected a number or None"),
        ("names", "a", r"is 'a': expected a list: \['a'\]"),
        ("names", [3], r"is \[3\]: expected a list of text"),
        ("image", {"index": 0}, "expected a Frame, an array or None"),
        ("mapping", 3, "is 3: expected a mapping or None"),
        ("wanted", "perhaps", "expected True or False"),
        ("kind", "c", "is 'c': it should be 'a' or 'b'"),
    ],
)
def test_values_of_another_type(option: str, value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=f"The option '{option}' of everything .*{said}"):
        everything(**{option: value})


@pytest.mark.parametrize(
    ("option", "value", "taken"),
    [
        ("place", Path("a"), Path("a")),
        ("count", np.int64(3), 3),
        ("count", "3", 3),
        ("rate", np.float32(0.5), 0.5),
        ("names", ["a"], ["a"]),
        ("files", ["a", Path("b")], (Path("a"), Path("b"))),
        ("wanted", np.bool_(True), True),
    ],
)
def test_values_are_coerced(option: str, value: Any, taken: Any) -> None:
    given = everything(**{option: value})[option]
    assert given == taken
    assert type(given) is type(taken)


def test_a_checked_function_is_the_same_to_readers() -> None:
    image = np.zeros((2, 2, 3))
    assert everything("a", image=image)["image"] is image
    assert everything.__doc__ == "All kinds of arguments."
    assert list(inspect.signature(everything).parameters)[:2] == ["place", "count"]
    assert is_checked(everything)
    assert not is_checked(len)
    with pytest.raises(TypeError, match="too many positional"):
        everything("a", 2)  # type: ignore[misc]


def test_names_for_type_checkers_alone_are_found_in_awry() -> None:
    namespace: dict[str, Any] = {"checked": checked}
    exec("@checked\ndef show(event: Event | None): ...", namespace)
    with pytest.raises(ConfigError, match="expected an Event or None"):
        namespace["show"](3)


def test_several_images_are_told_from_an_array() -> None:
    with pytest.raises(FrameError, match=r"got list; .*np\.stack"):
        ArraySource([np.zeros((4, 6, 3), np.uint8)])  # type: ignore[arg-type]
