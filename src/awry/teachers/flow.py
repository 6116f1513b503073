"""Dense optical flow, by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


class DISFlow:
    """Dense inverse search flow (Kroeger et al. 2016).

    Args:
        preset: OpenCV's `ultrafast`, `fast` or `medium`.
    """

    def __init__(self, preset: str = "fast") -> None:
        number = getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{preset.upper()}")
        self._engine = cv2.DISOpticalFlow.create(number)

    def __call__(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Flow from one picture to the next.

        Args:
            before, after: uint8 (H, W), grey, both sides at least 16 pixels.

        Returns:
            float32 (H, W, 2): dx, dy in pixels.
        """
        flow = self._engine.calc(before, after, None)
        return np.asarray(flow, dtype=np.float32)
