"""When a device's or the machine's memory does not suffice: one error, with a cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from awry.errors import OutOfMemoryError

_SIGNS = (
    "out of memory",
    "not enough memory",
    "DefaultCPUAllocator",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
_LONGEST = 160
FOR_SCORING = (
    "Close other programs, score fewer sources at a time, or score elsewhere or less exactly "
    "(--device cpu, --precision bf16)."
)


def is_shortage(error: BaseException) -> bool:
    """Whether an error of PyTorch, NumPy or Python says that memory does not suffice."""
    if isinstance(error, MemoryError | OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def shortage(error: BaseException) -> str:
    """What such an error says, in a sentence."""
    if isinstance(error, OutOfMemoryError):
        return str(error)
    said = " ".join(str(error).split())
    tried = said.find("ried to allocate")  # the number; what stands around it differs
    if tried >= 0:
        end = said.find(". ", tried)
        said = f"t{said[tried : end if end >= 0 else None]}"
    said = said[:_LONGEST].rstrip(".")
    return f"The memory does not suffice ({said})." if said else "The memory does not suffice."


@contextmanager
def enough_memory(cure: str) -> Iterator[None]:
    """Inside, a shortage of memory becomes an error of awry's.

    Args:
        cure: what to do about it, in a sentence or two.

    Raises:
        OutOfMemoryError: instead of what PyTorch, NumPy or Python raise.
    """
    try:
        yield
    except (RuntimeError, MemoryError, OutOfMemoryError) as error:
        if not is_shortage(error):
            raise
        raise OutOfMemoryError(f"{shortage(error)} {cure}") from error
