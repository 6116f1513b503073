"""What PyTorch has once for all of CUDA: whether TF32 is allowed, and equal results for a seed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_Settings = tuple[bool, bool, bool, bool, bool]

_lock = threading.RLock()
_inside: list[tuple[object, bool]] = []
"""Who is inside of `cuda_settings` now, in all threads, and whether with TF32."""
_before: list[_Settings] = []
"""The settings as they were before anybody was inside."""


@contextmanager
def cuda_settings(tf32: bool) -> Iterator[None]:
    """Inside, TF32 is allowed where it was asked for, and operations give the same for a seed.

    Where PyTorch has no such operation it says so by a warning. The settings hold for all threads:
    who came last decides, and the last that leaves restores what was.

    Args:
        tf32: matrix products and convolutions with ten bits, of cards that can.
    """
    # cuBLAS reads it when it starts; without it its results differ from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    mine = (object(), tf32)
    with _lock:
        if not _inside:
            _before[:] = [_read()]
        _inside.append(mine)
        _apply()
    try:
        yield
    finally:
        with _lock:
            _inside.remove(mine)
            _apply()


def _apply() -> None:
    if not _inside:
        _write(_before[0])
        return
    tf32 = _inside[-1][1]
    _write((tf32, tf32, False, True, True))


def _read() -> _Settings:
    import torch

    return (
        torch.backends.cuda.matmul.allow_tf32,
        torch.backends.cudnn.allow_tf32,
        torch.backends.cudnn.benchmark,
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _write(settings: _Settings) -> None:
    import torch

    matmul, convolutions, benchmark, same, warn = settings
    torch.backends.cuda.matmul.allow_tf32 = matmul
    torch.backends.cudnn.allow_tf32 = convolutions
    torch.backends.cudnn.benchmark = benchmark
    torch.use_deterministic_algorithms(same, warn_only=warn)
