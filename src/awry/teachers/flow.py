"""Dense optical flow, by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


class DISFlow:
    """Dense inverse search flow (Kroeger et al. 2016), OpenCV's medium preset."""

    def __init__(self) -> None:
        self._engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Flow from one picture to the next.

        Args:
            before, after: uint8 (H, W), grey, both sides at least 16 pixels.

        Returns:
            float32 (H, W, 2): dx, dy in pixels.
        """
        flow = self._engine.calc(before, after, None)
        return np.asarray(flow, dtype=np.float32)
