"""A shortage of memory is told from other errors, and becomes one with a cure."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from awry.errors import OutOfMemoryError
from awry.memory import enough_memory, is_shortage, shortage

CARD = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError(CARD),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: not enough memory"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
        MemoryError(),
        OutOfMemoryError("once more"),
    ],
)
def test_shortages_are_known_by_what_they_say(error: BaseException) -> None:
    assert is_shortage(error)


@pytest.mark.parametrize("error", [RuntimeError("size mismatch"), ValueError("out of memory")])
def test_other_errors_are_none(error: Exception) -> None:
    assert not is_shortage(error)
    with pytest.raises(type(error)), enough_memory("never said"):
        raise error


def test_the_sentence_says_how_much_was_asked_for() -> None:
    said = shortage(torch.OutOfMemoryError(CARD))
    assert said == "The memory does not suffice (tried to allocate 2.00 GiB)."


def test_what_this_machine_says_is_a_shortage() -> None:
    said = r"tried to allocate \d+ bytes\)\. Buy more\."
    with pytest.raises(OutOfMemoryError, match=said), enough_memory("Buy more."):
        torch.empty(2**50)
    said = r"\(Unable to allocate .*\)\. Buy more\."
    with pytest.raises(OutOfMemoryError, match=said), enough_memory("Buy more."):
        np.empty(2**55)
