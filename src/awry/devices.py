"""Devices: where networks run, how exactly they calculate, and the way of arrays there and back.

Methods and teachers name no device. They are given a `Compute`, put arrays where it says, and fetch
what comes out. What was learned stays on the processor: devices get copies.
"""

from __future__ import annotations

import copy
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from awry.cuda_settings import cuda_settings
from awry.device_list import KINDS, available, best, check_precision, missing, module_of, name_of
from awry.errors import ConfigError, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, dtype, nn

    _Module = TypeVar("_Module", bound=nn.Module)

_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")

VARIABLE = "AWRY_DEVICE"
PRECISIONS = ("32", "tf32", "bf16", "16")
"""32: full; tf32: matrix products of ten bits, where a card has them; bf16, 16: half as wide."""


@dataclass(frozen=True, slots=True)
class Compute:
    """Where networks run, and how exactly they calculate.

    Attributes:
        device: as PyTorch names it, with a number where there may be several: `cpu`, `cuda:0`.
        precision: one of `PRECISIONS`; of networks alone. Statistics and losses that need it are
            calculated in full, see `exact`.
    """

    device: str = "cpu"
    precision: str = "32"

    @property
    def kind(self) -> str:
        """`cpu`, `cuda`, ... without a number."""
        return self.device.partition(":")[0]

    @property
    def plain(self) -> bool:
        """On the processor in full precision: nothing is moved and nothing is rounded."""
        return self.device == "cpu" and not self.rounds

    @property
    def rounds(self) -> bool:
        """Whether networks calculate in 16 bits."""
        return self.precision in ("bf16", "16")

    @property
    def full(self) -> Compute:
        """The same device in full precision."""
        return replace(self, precision="32")

    def put(self, value: Tensor | NDArray[Any]) -> Tensor:
        """A tensor or array on the device, with its dtype; itself where it is there.

        Frames are best put as uint8 and converted there: a quarter of the way's cost. Apple's
        graphics (`mps`) have no float64: there it becomes float32.
        """
        import numpy as np
        import torch

        if isinstance(value, torch.Tensor):
            tensor = value
        else:  # PyTorch takes no array that is read-only or runs backwards
            tensor = torch.from_numpy(np.require(value, requirements=["C", "W"]))
        if self.kind == tensor.device.type == "cpu" or tensor.device == torch.device(self.device):
            return tensor
        if self.kind == "mps" and tensor.dtype == torch.float64:
            tensor = tensor.float()
        # From pinned memory the copy needs no waiting.
        pinned = self.kind == "cuda" and tensor.device.type == "cpu" and torch.cuda.is_available()
        tensor = tensor.pin_memory() if pinned else tensor
        return tensor.to(self.device, non_blocking=pinned)

    def fetch(self, tensor: Tensor) -> Tensor:
        """A tensor on the processor, without gradient; floats of 16 bits as float32."""
        import torch

        tensor = tensor.detach()
        if tensor.dtype in (torch.bfloat16, torch.float16):
            tensor = tensor.float()
        return tensor if tensor.device.type == "cpu" else tensor.cpu()

    def array(self, tensor: Tensor) -> NDArray[Any]:
        """As `fetch`, as an array."""
        found: NDArray[Any] = self.fetch(tensor).numpy()
        return found

    def copy_of(self, module: _Module) -> _Module:
        """A copy of a network on the device; itself where that is the processor."""
        return module if self.device == "cpu" else copy.deepcopy(module).to(self.device)

    def rounding(self) -> AbstractContextManager[Any]:
        """Inside, networks calculate in the precision; `autocast` where that is of 16 bits.

        On CUDA with the settings that `using` makes too, wherever it is called from.
        """
        if self.kind != "cuda" and not self.rounds:
            return nullcontext()
        return self._rounded()

    @contextmanager
    def _rounded(self) -> Iterator[None]:
        import torch

        with self._settings(), torch.autocast(self.kind, self.narrow, enabled=self.rounds):
            yield

    @property
    def narrow(self) -> dtype:
        """The 16 bits that are meant where the precision `rounds`."""
        import torch

        return torch.bfloat16 if self.precision == "bf16" else torch.float16

    def waiter(self) -> Callable[[], None]:
        """What waits until the device has done all that it was told; for clocks."""
        module = None if self.device == "cpu" else module_of(self.kind)
        return (lambda: None) if module is None else module.synchronize

    def _settings(self) -> AbstractContextManager[None]:
        """What PyTorch has once for all: on CUDA whether TF32 is allowed, and the same results."""
        return nullcontext() if self.kind != "cuda" else cuda_settings(self.precision == "tf32")

    def exact(self) -> AbstractContextManager[Any]:
        """Inside of `rounding`, what must be calculated in full; give it float32 tensors."""
        import torch

        return torch.autocast(self.kind, enabled=False) if self.rounds else nullcontext()

    def __str__(self) -> str:
        return self.device if self.precision == "32" else f"{self.device}, {self.precision}"


PROCESSOR = Compute()


def in_full(like: Tensor) -> AbstractContextManager[Any]:
    """As `Compute.exact` where no compute is at hand: in networks and losses.

    Args:
        like: a tensor on the device in question.
    """
    import torch

    kind = like.device.type
    # Without `autocast` nothing is entered: exported graphs would keep it.
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()


_chosen: ContextVar[Compute | None] = ContextVar("compute", default=None)


def current() -> Compute:
    """What `using` says; the processor where nothing does, as in a thread that begins inside."""
    return _chosen.get() or PROCESSOR


@contextmanager
def using(compute: Compute) -> Iterator[Compute]:
    """Methods that are made inside run there. Not for generators, whose caller would be inside."""
    token = _chosen.set(compute)
    try:
        with compute._settings():
            yield compute
    finally:
        _chosen.reset(token)


def on_device(function: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """A public function that runs where its arguments `device` and `precision` say, see `using`.

    None of both: where a detector that is its argument `bundle` runs, else as `chosen` says. Its
    `reporter` is told where that is not the processor: once, whatever it calls.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: _Given.args, **options: _Given.kwargs) -> _Returned:
        given = signature.bind(*args, **options).arguments
        own = getattr(given.get("bundle"), "compute", None)
        compute = chosen(given.get("device"), given.get("precision"), own)
        reporter = given.get("reporter")
        if reporter is not None and _chosen.get() is None and not compute.plain:
            reporter.message(f"Networks run on {in_words(compute)}.")
        with using(compute):
            return function(*args, **options)

    return call


@dataclass(frozen=True, slots=True)
class Inheriting:
    """A function that runs in another process where it would run in the one that made this."""

    function: Callable[..., Any]
    compute: Compute | None

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Inheriting:
        """Of a function of a module, as `pickle` wants it."""
        return cls(function, _chosen.get())

    def __call__(self, *args: Any, **options: Any) -> Any:
        with nullcontext() if self.compute is None else using(self.compute):
            return self.function(*args, **options)


def in_words(compute: Compute) -> str:
    """A device with its name and, where it is not 32, the precision."""
    card = name_of(compute.device)
    named = f"{compute.device} ({card})" if card else compute.device
    return named if compute.precision == "32" else f"{named} in {compute.precision}"


def chosen(
    device: str | None = None, precision: str | None = None, own: Compute | None = None
) -> Compute:
    """A device and a precision by name.

    Args:
        device: `auto` for the best there is, `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`; None: `own`,
            else what `using` says, else what `$AWRY_DEVICE` says, else `auto`.
        precision: one of `PRECISIONS`, `fp32` too; None: `own`, else what `using` says, else 32.
        own: where what is asked for runs now.

    Raises:
        ConfigError: a device that is not there (says which are), or an unknown precision.
    """
    own = own or _chosen.get()
    if own is not None and device in (None, own.device) and precision in (None, own.precision):
        return own
    kept = None if own is None else own.device
    asked = (device or kept or os.environ.get(VARIABLE) or "auto").strip().lower()
    bits = (precision or ("32" if own is None else own.precision)).lower().removeprefix("fp")
    if bits not in PRECISIONS:
        raise ConfigError(f"There is no precision '{bits}': {nearest(bits, PRECISIONS)}.")
    there = available()
    found = best(there) if asked == "auto" else asked
    if found in KINDS and found != "cpu" and f"{found}:0" in there:
        found = f"{found}:0"
    if found not in there:
        by_variable = device is None and own is None
        origin = f"${VARIABLE} asks for" if by_variable else "There is no device"
        raise ConfigError(missing(asked, there, origin))
    check_precision(found, bits)
    return Compute(found, bits)
