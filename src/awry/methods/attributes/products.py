"""Products of matrices by PyTorch.

NumPy's OpenBLAS has threads of its own, which spin for some hundredths of a second after each
product and take the time of networks that run meanwhile.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def product(
    left: NDArray[np.floating], right: NDArray[np.floating]
) -> NDArray[np.float32] | NDArray[np.float64]:
    """Of float (n, k) and (k, m): (n, m), in the wider type of both.

    >>> product(np.eye(2, dtype=np.float32), np.array([[1.0], [2.0]])).tolist()
    [[1.0], [2.0]]
    """
    wider = np.result_type(left, right)
    one, other = (torch.from_numpy(np.require(part, wider, "W")) for part in (left, right))
    return np.asarray((one @ other).numpy(), wider)
