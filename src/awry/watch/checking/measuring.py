"""How many more cameras this machine carries with a method, measured before there is a bundle.

Speed depends on a method's networks and the size of its pictures, not on what it has learned. So
the method is fitted for a moment on pictures that are made up, and timed as `scorer.load` does it.
Run as a program it reads what is wanted from standard input, and says how far it is.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from awry.errors import AwryError
from awry.storage import write_json
from awry.watch.checking.apart import limit_ourselves, said
from awry.watch.scorer.load import MOST, READING_CORES, measured_rate, moving_blocks, users_cache

LONGEST_S = 300
PICTURES = 160
"""So many are enough for the windows of every method."""
Heard = Callable[[str, float], object]
"""What is being done, and the share of all that is done, in [0, 1]."""


def measure(
    wanted: Mapping[str, Any],
    heard: Heard,
    rate_of: Callable[[Path], float],
    rate_with: Callable[[str, str, tuple[int, int]], float],
    cores: float,
) -> dict[str, Any]:
    """How many more cameras this machine carries with a method.

    Args:
        wanted: `method` (empty: the one that cameras learn by default), `preset`, `size` (H, W),
            `rate` in pictures a second, `bundles` of the cameras that there are as pairs of folder
            and pictures a second, `learning`: cameras that have none yet.
        heard: told how far it is.
        rate_of: pictures a second that a core scores with a bundle.
        rate_with: the same of method, preset and size.
        cores: of this machine.

    Returns:
        `method`; `rate` that a core scores; `used`: the share of the machine that the cameras of
        now take, of `MOST` at most; `carries`: how many more cameras fit.

    Raises:
        AwryError: the method cannot be fitted, or a bundle cannot be measured.
    """
    method, preset = str(wanted["method"]) or _default(), str(wanted["preset"])
    size = (int(wanted["size"][0]), int(wanted["size"][1]))
    bundles = list(wanted["bundles"])
    used = 0.0
    for number, (folder, rate) in enumerate(bundles):
        heard("cameras", number / (len(bundles) + 2))
        used += rate / rate_of(Path(folder)) + READING_CORES
    heard("method", len(bundles) / (len(bundles) + 2))
    a_core = rate_with(method, preset, size)
    one = float(wanted["rate"]) / a_core + READING_CORES
    used += one * int(wanted["learning"])
    carries = max(0, math.floor((MOST * cores - used) / one + 1e-9))
    return {"method": method, "rate": a_core, "used": used / cores, "carries": carries}


def rate_with(
    method: str, preset: str, size: tuple[int, int], *, cache: Path | None = None
) -> float:
    """Pictures a second that one core scores with a method, measured once on this machine.

    Args:
        method: its name.
        preset: of its settings; what they say of training does not count.
        size: (H, W) of the camera's pictures.
        cache: folder for what was measured; None: the user's.

    Raises:
        AwryError: the method cannot be fitted, e.g. for want of a detector of objects.
    """
    from awry.training.environment import processor, versions

    about = [method, preset, list(size), processor(), os.cpu_count(), versions()]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    file = (cache or users_cache()) / "rates" / f"method-{digest[:32]}.json"
    with suppress(OSError, ValueError, LookupError, TypeError):
        return float(json.loads(file.read_text("utf-8"))["rate"])
    with tempfile.TemporaryDirectory(prefix="awry-measure-") as folder:
        rate = measured_rate(_fitted(method, preset, size, Path(folder)))
    with suppress(AwryError):  # then it is measured again next time
        write_json(file, {"rate": rate, "method": method, "preset": preset, "size": list(size)})
    return rate


def _fitted(method: str, preset: str, size: tuple[int, int], folder: Path) -> Path:
    """A bundle of a method that has learned next to nothing."""
    from PIL import Image

    from awry.fitting.run import fit
    from awry.methods.registry import method_class

    clip = folder / "data" / "train" / "a"
    clip.mkdir(parents=True)
    for number, image in enumerate(islice(moving_blocks(size), PICTURES)):
        Image.fromarray(image).save(clip / f"{number:04}.png", compress_level=1)
    fields = method_class(method).Config.model_fields
    short = {one: 1 for one in fields if one == "steps" or one.endswith("epochs")}
    fit(
        method,
        folder / "data",
        out=folder / "bundle",
        preset=preset,
        changes=short,
        validation=0.2,
        calibration=0,
    )
    return folder / "bundle"


def _default() -> str:
    from awry.watch.site.model import Learning
    from awry.watch.trainer.plan import method_of

    return method_of(Learning())


def _main() -> int:
    from awry.watch.checking.machine import cores
    from awry.watch.scorer.load import rate_of

    limit_ourselves(LONGEST_S)
    if hasattr(os, "nice"):
        os.nice(10)  # cameras go first
    wanted = json.load(sys.stdin)

    def heard(step: str, share: float) -> None:
        said({"step": step, "share": share})

    try:
        said({"found": measure(wanted, heard, rate_of, rate_with, cores())})
    except AwryError as error:
        said({"problem": str(error)})
    return 0


if __name__ == "__main__":
    sys.exit(_main())
