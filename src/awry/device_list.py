"""The devices of this machine: their names, their memory, and why one is not there."""

from __future__ import annotations

import os
import warnings
from typing import Any

from awry.errors import ConfigError, nearest

KINDS = ("cuda", "xpu", "mps", "cpu")
"""Kinds of devices, the best first."""
ON_DEMAND = ("mps",)
"""Kinds that `auto` passes over: awry was never tried on them, and they lack float64."""


def available() -> tuple[str, ...]:
    """The devices of this machine, the best first; `cpu` is always among them."""
    found: list[str] = []
    with warnings.catch_warnings():  # a driver that is too old says so by a warning
        warnings.simplefilter("ignore")
        for kind in KINDS[:-1]:
            module = module_of(kind)
            if module is not None and module.is_available():
                found += [f"{kind}:{number}" for number in range(module.device_count())]
    return (*found, "cpu")


def best(there: tuple[str, ...]) -> str:
    """Which of the devices that are there `auto` means."""
    return next(one for one in there if one.partition(":")[0] not in ON_DEMAND)


def module_of(kind: str) -> Any:
    """PyTorch's module of a kind of devices; None where it knows none."""
    import torch

    return getattr(torch, kind, None)


def name_of(device: str) -> str:
    """What a device's maker calls it, e.g. the card's name; empty for the processor."""
    kind, _, number = device.partition(":")
    if kind == "cpu":
        return ""
    name = getattr(module_of(kind), "get_device_name", None)
    return "Apple graphics" if name is None else str(name(int(number or 0)))


def described(device: str) -> str:
    """What one of `available` is, in words: its name and its memory in GiB."""
    import torch

    kind = device.partition(":")[0]
    if kind == "cpu":
        memory = _processor_memory()
        name = f"{torch.get_num_threads()} threads of {os.cpu_count() or 1} processors"
    else:
        name, module = name_of(device), module_of(kind)
        if kind == "mps":
            memory = module.recommended_max_memory()
        else:
            memory = module.get_device_properties(device).total_memory
    return f"{name}, {memory / 2**30:.1f} GiB" if memory else name


def _processor_memory() -> int:
    """Bytes of this machine's memory; 0 where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no such question
        return 0


def missing(asked: str, there: tuple[str, ...], origin: str) -> str:
    """The sentence for a device that is not there: which are, and why where that is known.

    Args:
        asked: its name.
        there: those that are, as `available` says.
        origin: the sentence's beginning, e.g. `There is no device`.
    """
    kind = asked.partition(":")[0]
    known = ["auto", *there]
    if kind not in KINDS:
        return f"{origin} '{asked}': {nearest(asked, known)}."
    why = "" if any(one.startswith(f"{kind}:") for one in there) else why_not(kind)
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if kind == "cuda" and hidden is not None:
        why += f" $CUDA_VISIBLE_DEVICES is '{hidden}', which hides the others."
    return f"{origin} '{asked}' here: there is {', '.join(known)}. {why}".strip()


def why_not(kind: str) -> str:
    """Why no device of a kind is there, in a sentence where PyTorch knows; else empty."""
    import torch

    if kind == "cuda" and torch.version.cuda is None and torch.version.hip is None:
        return "This PyTorch was built without CUDA: install a build with it."
    if kind == "mps" and not torch.backends.mps.is_built():
        return "This PyTorch was built without Apple's graphics."
    if kind in ("cuda", "xpu"):
        try:
            getattr(torch, kind).init()
        except (RuntimeError, AssertionError) as error:
            return f"PyTorch says: {str(error).splitlines()[0][:200]}"
    return ""


def check_precision(device: str, precision: str) -> None:
    """Refuse what a device cannot do.

    Raises:
        ConfigError: TF32 anywhere but on CUDA, or what the card does not have.
    """
    import torch

    kind, _, number = device.partition(":")
    if precision == "tf32" and kind != "cuda":
        raise ConfigError(f"tf32 is a precision of CUDA cards, and this is {device}: use 32.")
    if kind != "cuda" or precision not in ("tf32", "bf16") or torch.version.hip is not None:
        return
    generation, _ = torch.cuda.get_device_capability(int(number))
    if generation < 8:  # Ampere brought both; older ones only imitate bf16
        cure = "use 32" if precision == "tf32" else "use 16 or 32"
        raise ConfigError(f"{device} cannot calculate in {precision}: {cure}.")
