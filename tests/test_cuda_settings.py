"""PyTorch's settings of CUDA hold inside and are as before outside, also with several threads."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import torch

from awry.cuda_settings import cuda_settings


def settings() -> tuple[bool, ...]:
    return (
        torch.backends.cuda.matmul.allow_tf32,
        torch.backends.cudnn.allow_tf32,
        torch.backends.cudnn.benchmark,
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def test_they_are_as_before_after_an_error() -> None:
    torch.backends.cudnn.benchmark = True
    try:
        before = settings()
        with suppress(ZeroDivisionError), cuda_settings(tf32=False):
            assert settings() == (False, False, False, True, True)
            assert os.environ["CUBLAS_WORKSPACE_CONFIG"]
            raise ZeroDivisionError
        assert settings() == before
    finally:
        torch.backends.cudnn.benchmark = False


def test_the_innermost_counts() -> None:
    with cuda_settings(tf32=False):
        with cuda_settings(tf32=True):
            assert settings()[:2] == (True, True)
        assert settings() == (False, False, False, True, True)


def test_two_threads_that_leave_in_the_order_in_which_they_came() -> None:
    before = settings()
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with cuda_settings(tf32=True):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with cuda_settings(tf32=False):
        thread.start()
        assert entered.wait(10)
    assert settings() == (True, True, False, True, True)
    leave.set()
    thread.join()
    assert settings() == before
