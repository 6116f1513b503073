"""What teachers said, kept on disk."""

from __future__ import annotations

import sqlite3
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.devices import PROCESSOR, Compute
from awry.frames import Objects
from awry.teachers.objects import DetectorOptions, View
from awry.teachers.objects.base import Floats, ObjectDetector
from awry.teachers.outputs import (
    FILE,
    OutputFile,
    OutputMemory,
    digest,
    keep_outputs,
    kept_outputs,
    question,
    share_outputs,
)


class Counting(ObjectDetector):
    """Finds one object and counts how often it was asked."""

    def __init__(self, threshold: float = 0.5, **options: Any) -> None:
        self.calls = 0
        super().__init__(
            "counting", "weights", "sigmoid", 0.5, DetectorOptions(threshold=threshold, **options)
        )

    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        self.calls += 1
        chances = np.full((1, 80), 0.01, np.float32)
        chances[0, 3] = 0.75
        return np.array([[1, 2, 30, 40]], np.float32), np.array([0.75], np.float32), chances


def view(level: int = 0) -> View:
    image = np.full((60, 80, 3), level, np.uint8)
    return View(image, image, image)


def same(one: Objects, other: Objects) -> None:
    for name in ("boxes", "class_ids", "probabilities", "scores"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


def test_a_frame_is_detected_once(tmp_path: Path) -> None:
    detector = Counting()
    with keep_outputs(tmp_path):
        first = detector.detect(view())
        same(first, detector.detect(view()))
        assert detector.calls == 1
        again = Counting()
        same(first, again.detect(view()))
        assert again.calls == 0
        assert again.highest == 0.75


def test_other_pixels_or_other_options_are_asked_anew(tmp_path: Path) -> None:
    with keep_outputs(tmp_path):
        detector = Counting()
        detector.detect(view())
        detector.detect(view(1))
        assert detector.calls == 2
        lower = Counting(threshold=0.3)
        lower.detect(view())
        assert lower.calls == 1


def test_nothing_is_kept_outside(tmp_path: Path) -> None:
    with keep_outputs(tmp_path):
        assert kept_outputs() is not None
    assert kept_outputs() is None
    detector = Counting()
    detector.detect(view())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["delete", "overwrite", "cut"])
def test_a_file_that_was_spoiled_is_made_anew(tmp_path: Path, damage: str) -> None:
    detector = Counting()
    with keep_outputs(tmp_path):
        first = detector.detect(view())
        file = tmp_path / FILE
        if damage == "delete":
            file.unlink()
        elif damage == "overwrite":
            file.write_bytes(b"nonsense" * 4096)
        else:
            file.write_bytes(file.read_bytes()[:5000])
        with nullcontext() if damage == "delete" else pytest.warns(UserWarning, match="damaged"):
            same(first, detector.detect(view()))
        assert detector.calls == 2
        same(first, detector.detect(view()))
        assert detector.calls == 2


@pytest.mark.parametrize("value", [b"nonsense", "text", None, 5], ids=str)
def test_an_entry_that_cannot_be_read_is_computed_and_written_anew(
    tmp_path: Path, value: object
) -> None:
    kept = OutputFile(tmp_path / FILE)
    kept.get("key", lambda: {"a": np.arange(3)})
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("UPDATE checked_outputs SET value = ?", (value,))
    file.close()
    with pytest.warns(UserWarning, match="damaged entry"):
        found = kept.get("key", lambda: {"a": np.arange(4)})
    np.testing.assert_array_equal(found["a"], np.arange(4))
    np.testing.assert_array_equal(kept.get("key", dict)["a"], np.arange(4))


def test_flipped_bits_never_give_other_arrays(tmp_path: Path) -> None:
    """Whatever happens to the file: what comes back is what was kept, or is computed anew."""
    kept = OutputFile(tmp_path / FILE)
    arrays = [np.random.default_rng(k).random(400).astype(np.float32) for k in range(6)]
    for k, array in enumerate(arrays):
        kept.get(f"key{k}", lambda array=array: {"a": array})
    whole, random = (tmp_path / FILE).read_bytes(), np.random.default_rng(0)
    for _ in range(40):
        spoiled = bytearray(whole)
        for place in random.integers(0, len(whole), random.integers(1, 4)):
            spoiled[place] ^= 1 << int(random.integers(8))
        (tmp_path / FILE).write_bytes(spoiled)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for k, array in enumerate(arrays):
                found = kept.get(f"key{k}", lambda array=array: {"a": array})
                np.testing.assert_array_equal(found["a"], array)


def test_a_file_of_an_older_awry_is_made_anew_silently(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("CREATE TABLE outputs (key TEXT PRIMARY KEY, value BLOB)")
        file.execute("INSERT INTO outputs VALUES ('key', x'00')")
    file.close()
    kept = OutputFile(tmp_path / FILE)
    kept.get("key", lambda: {"a": np.arange(3)})
    np.testing.assert_array_equal(kept.get("key", dict)["a"], np.arange(3))


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    found = OutputFile(tmp_path / "taken" / FILE).get("key", lambda: {"a": np.arange(3)})
    np.testing.assert_array_equal(found["a"], np.arange(3))


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    kept = OutputFile(tmp_path / FILE)
    (tmp_path / FILE).mkdir()
    found = kept.get("key", lambda: {"a": np.arange(3)})
    np.testing.assert_array_equal(found["a"], np.arange(3))


def test_digests_tell_shapes_types_and_order_apart() -> None:
    arrays = [
        np.zeros(4, np.uint8),
        np.zeros((2, 2), np.uint8),
        np.zeros(4, np.int8),
        np.ones(4, np.uint8),
    ]
    found = {digest(array) for array in arrays} | {digest(1, 2), digest(12), digest("1", 2)}
    assert len(found) == 7


def test_inside_of_a_memory_a_frame_is_detected_once() -> None:
    first, other = Counting(), Counting()
    memory = OutputMemory()
    with share_outputs(memory):
        found = first.detect(view())
        found.boxes[:] = -1  # an answer is the caller's own
        same(other.detect(view()), Counting().detect(view()))
    assert (first.calls, other.calls) == (1, 0)
    assert other.highest == 0.75
    other.detect(view())
    assert other.calls == 1


def test_systems_that_select_otherwise_share_what_the_network_saw() -> None:
    first, other = Counting(), Counting(across_classes=True, least_side=1.0)
    more, lower = Counting(tiles=(2, 1)), Counting(threshold=0.01)
    with share_outputs(OutputMemory()):
        first.detect(view())
        same(other.detect(view()), Counting(across_classes=True, least_side=1.0).detect(view()))
        more.detect(view())
        lower.detect(view())
    assert (first.calls, other.calls) == (1, 0)
    assert (more.calls, lower.calls) == (3, 1)


def test_memory_and_file_go_together(tmp_path: Path) -> None:
    detector = Counting()
    with keep_outputs(tmp_path):
        with share_outputs(OutputMemory()):
            first = detector.detect(view())
        with share_outputs(OutputMemory()):
            same(first, detector.detect(view()))
    assert detector.calls == 1


def test_a_memory_forgets_what_was_longest_not_asked_for() -> None:
    memory = OutputMemory(most=250)
    arrays = {name: np.full(100, number, np.uint8) for number, name in enumerate("abc")}
    asked = []

    def ask(name: str) -> None:
        memory.get(name, lambda: asked.append(name) or {"x": arrays[name]})

    for name in "abacab":
        ask(name)
    assert asked == ["a", "b", "c", "b"]


def test_threads_that_ask_the_same_wait_for_the_first() -> None:
    memory, begun, going = OutputMemory(), threading.Event(), threading.Event()
    asked = []

    def slow() -> dict[str, np.ndarray]:
        asked.append("slow")
        begun.set()
        assert going.wait(60)
        return {"x": np.arange(3)}

    def never() -> dict[str, np.ndarray]:
        raise AssertionError("asked a second time")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(memory.get, "a", slow)
        assert begun.wait(60)
        second = threads.submit(memory.get, "a", never)
        assert memory.get("b", lambda: {"x": np.zeros(1)})["x"].tolist() == [0]  # nobody waits
        going.set()
        found = first.result(60)["x"], second.result(60)["x"]
    assert found[0].tolist() == found[1].tolist() == [0, 1, 2]
    assert found[0] is not found[1]
    assert asked == ["slow"]
    assert (memory.asked, memory.found) == (3, 1)


def test_what_could_not_be_answered_is_asked_again() -> None:
    memory = OutputMemory()

    def fails() -> dict[str, np.ndarray]:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        memory.get("a", fails)
    assert memory.get("a", lambda: {"x": np.ones(2)})["x"].tolist() == [1, 1]


def test_answers_of_another_precision_are_others_and_devices_share_theirs() -> None:
    assert question(PROCESSOR, "net", 1) == question(Compute("cuda:1"), "net", 1)
    assert question(PROCESSOR, "net", 1) == digest("net", 1)  # as it was before there were devices
    keys = {question(Compute("cuda:0", bits), "net", 1) for bits in ("32", "tf32", "bf16", "16")}
    assert len(keys) == 4


def test_a_detector_is_asked_again_in_another_precision(tmp_path: Path) -> None:
    full, rounded = Counting(), Counting()
    rounded.compute = Compute("cpu", "bf16")
    assert full.key == rounded.key
    with keep_outputs(tmp_path), share_outputs(OutputMemory()):
        for detector in (full, rounded, full, rounded):
            detector.detect(view())
    assert (full.calls, rounded.calls) == (1, 1)
