"""Dense optical flow between two pictures, chosen by name.

farneback                 Farneback's polynomial expansion, by OpenCV
dis, dis:PRESET           dense inverse search, by OpenCV: `ultrafast`, `fast` (default), `medium`
dis:PRESET:LEVEL          up to pictures halved LEVEL times, 0 to 2; `auto`: OpenCV's own, until a
                          fit knows how large objects are
torchvision:raft_small    RAFT, also `raft_large`; weights by name on first use
random:raft_small         the same with random weights: for tests alone
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, MissingError, nearest
from awry.teachers.kinds import added_kinds, added_teacher
from awry.teachers.outputs import digest, question, said_before

if TYPE_CHECKING:
    from torch import Tensor

Picture = NDArray[np.uint8]
KINDS = ("farneback", "dis", "torchvision")
DIS_PRESETS = ("ultrafast", "fast", "medium")
DIS_LEVELS = 2
"""OpenCV's own level. Coarser ones cost hardly less, and small pictures crash in them."""
_LEVELS = {"": None, "auto": None, **{str(level): level for level in range(DIS_LEVELS + 1)}}
_AUTO = ":auto"
_SEEN = 30.0
"""Pixels of the finest picture that a typical object should have along its longer side."""
RAFT = ("raft_small", "raft_large")
RAFT_STEP = 8
RAFT_LEAST = 128
"""RAFT takes sides that are multiples of 8, and compares at an eighth over four levels."""


class FlowTeacher(ABC):
    """Dense optical flow.

    Attributes:
        key: stands for the algorithm and its weights.
        costly: whether what it says is worth keeping on disk.
        compute: where it runs, and how exactly it calculates.
    """

    key: str
    costly = False
    compute: Compute = PROCESSOR

    def __call__(self, before: Picture, after: Picture) -> NDArray[np.float32]:
        """Flow from one picture to the next.

        Args:
            before, after: uint8 (H, W, c) RGB or grey, or (H, W) grey; both sides at least 16.

        Returns:
            float32 (H, W, 2): dx, dy in pixels.
        """
        shown = self._shown(before), self._shown(after)

        def ask() -> dict[str, NDArray[np.floating]]:
            flow = self._flow(*shown)
            return {"flow": flow.astype(np.float16) if self.costly else flow}

        arrays = said_before(lambda: question(self.compute, self.key, *shown), ask, self.costly)
        return arrays["flow"].astype(np.float32, copy=False)

    def _shown(self, picture: Picture) -> Picture:
        """What of a picture matters; equal ones have equal flow."""
        return picture

    @abstractmethod
    def _flow(self, before: Picture, after: Picture) -> NDArray[np.float32]:
        """As `__call__`, not kept."""


class DISFlow(FlowTeacher):
    """Dense inverse search flow (Kroeger et al. 2016).

    Args:
        preset: OpenCV's `ultrafast`, `fast` or `medium`.
        level: the finest picture that is searched is halved so many times, 0 to `DIS_LEVELS`;
            None: as OpenCV's preset has it. A person of 30 pixels is blurred away in a quarter of
            the picture.
    """

    def __init__(self, preset: str = "fast", level: int | None = None) -> None:
        number = getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{preset.upper()}")
        self._engine = cv2.DISOpticalFlow.create(number)
        self.key = f"dis:{preset}"
        if level is not None:
            self._engine.setFinestScale(level)
            self.key += f":{level}"

    def _shown(self, picture: Picture) -> Picture:
        return grey_of(picture)

    def _flow(self, before: Picture, after: Picture) -> NDArray[np.float32]:
        flow = self._engine.calc(before, after, None)
        return np.asarray(flow, dtype=np.float32)


class FarnebackFlow(FlowTeacher):
    """Farneback's flow (2003) with the settings of OpenCV's own example."""

    key = "farneback"

    def _shown(self, picture: Picture) -> Picture:
        return grey_of(picture)

    def _flow(self, before: Picture, after: Picture) -> NDArray[np.float32]:
        flow = cv2.calcOpticalFlowFarneback(
            before,
            after,
            None,
            pyr_scale=0.5,
            levels=3,
            winsize=15,
            iterations=3,
            poly_n=5,
            poly_sigma=1.2,
            flags=0,
        )
        return np.asarray(flow, dtype=np.float32)


class RAFTFlow(FlowTeacher):
    """RAFT (Teed and Deng 2020), by torchvision.

    Args:
        name: one of `RAFT`.
        random: random weights, the same in every process; nothing is fetched.
        compute: where it runs.

    Raises:
        ConfigError: an unknown model.
        MissingError: the weights could not be fetched.
    """

    costly = True

    def __init__(self, name: str, *, random: bool = False, compute: Compute = PROCESSOR) -> None:
        network = _load_raft(name, random)
        weights = network.state_dict().values()
        self.key = digest("raft", name, *(value.numpy() for value in weights))
        self.compute = compute
        self._network = compute.copy_of(network)

    def _flow(self, before: Picture, after: Picture) -> NDArray[np.float32]:
        import torch
        from torch.nn import functional as F

        height, width = before.shape[:2]
        sides = [max(RAFT_LEAST, -(-side // RAFT_STEP) * RAFT_STEP) for side in (height, width)]
        pair = np.stack([before, after]).reshape(2, height, width, -1)

        def ready(picture: Tensor) -> Tensor:
            x = picture.permute(2, 0, 1)[None].float() / 127.5 - 1
            return F.pad(x, (0, sides[1] - width, 0, sides[0] - height), mode="replicate")

        with torch.inference_mode(), self.compute.rounding():
            first, second = self.compute.put(np.repeat(pair, 3 // pair.shape[3], axis=3))
            flow = self._network(ready(first), ready(second))[-1][0]
            field = self.compute.array(flow[:, :height, :width].permute(1, 2, 0))
        # As it is kept on disk, so that a score does not depend on whether it was.
        return field.astype(np.float16).astype(np.float32)


def load_flow(what: str, *, compute: Compute = PROCESSOR) -> FlowTeacher:
    """An optical flow algorithm by name.

    Args:
        what: see the top of this file.
        compute: where networks run; OpenCV's algorithms stay on the processor.

    Raises:
        ConfigError: an unknown one; suggests the nearest.
        MissingError: weights could not be fetched.
    """
    kind, _, name = what.partition(":")
    if what == "farneback":
        return FarnebackFlow()
    preset, _, level = name.partition(":")
    if kind == "dis" and (preset or "fast") in DIS_PRESETS and level in _LEVELS:
        return DISFlow(preset or "fast", _LEVELS[level])
    if kind in ("torchvision", "random") and name in RAFT:
        return RAFTFlow(name, random=kind == "random", compute=compute)
    added: FlowTeacher | None = added_teacher("flow", kind, compute, name)
    if added is not None:
        return added
    known = [*added_kinds("flow"), "farneback", *(f"dis:{preset}" for preset in DIS_PRESETS)]
    known += [f"torchvision:{model}" for model in RAFT]
    raise ConfigError(f"There is no optical flow '{what}': {nearest(what, known)}.")


def awaits_size(what: str) -> bool:
    """Whether a flow's level is left to the size of objects; see `sharp_enough`."""
    return what.endswith(_AUTO)


def sharp_enough(what: str, side: float | None) -> str:
    """The flow with the level that objects of a size ask for, where it says `auto`.

    Args:
        what: as for `load_flow`.
        side: longer side of a typical object in pixels; None: unknown, and nothing changes.

    >>> sharp_enough("dis:ultrafast:auto", 30), sharp_enough("dis:ultrafast:auto", 110)
    ('dis:ultrafast:0', 'dis:ultrafast:1')
    """
    if side is None or not awaits_size(what):
        return what
    level = int(np.clip(np.floor(np.log2(max(side, 1.0) / _SEEN)), 0, DIS_LEVELS))
    return f"{what.removesuffix(_AUTO)}:{level}"


def grey_of(picture: Picture) -> Picture:
    """uint8 (h, w) of a picture (h, w), (h, w, 1) grey or (h, w, 3) RGB."""
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 1:
        return np.ascontiguousarray(picture[..., 0])
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _load_raft(name: str, random: bool) -> Any:
    import torch
    from torchvision.models import get_model

    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)  # random weights are the same ones in every process
            return get_model(name, weights=None if random else "DEFAULT").eval()
    except (OSError, RuntimeError) as error:
        raise MissingError(
            f"The weights of torchvision:{name} could not be fetched, or are damaged ({error}). "
            "Connect once, or use farneback or dis, which need none."
        ) from error
