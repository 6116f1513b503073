"""What a machine can score: measured once for each bundle, and how much of it cameras would take.

Nothing here needs PyTorch but `measured_rate` itself, which `rate_of` runs in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.errors import AwryError, BundleError
from awry.storage import write_json
from awry.training.bundle import MANIFEST
from awry.training.environment import processor, versions

MOST = 0.7
"""Above this share of what was measured a load is too high: busier scenes take longer."""
READING_CORES = 0.05
"""Of a core, for reading, decoding and resizing a camera's stream; see docs/performance.md."""
MEASURED_S = 2.0
_WARM_UP = 3
_CHUNK = 5
_LONGEST_S = 300


def measured_rate(bundle: Path, *, seconds: float = MEASURED_S, device: str | None = None) -> float:
    """How many pictures a second one core scores, with regions; measured here and now.

    The pictures show blocks that move over a still ground, in the size of the bundle's footage.

    Args:
        bundle: folder of a fitted or exported bundle.
        seconds: how long it is measured, after a few pictures to warm up.
        device: where networks run, as `--device` says. On the processor its own time counts, which
            other programs change little; elsewhere the clock's.

    Returns:
        pictures a second, above 0.

    Raises:
        AwryError: as `awry.load`, or the method cannot score these pictures.
    """
    from awry.detector import load
    from awry.frames import Frame

    detector = load(bundle, device=device)
    clock = time.process_time if detector.compute.device == "cpu" else time.perf_counter
    scorer = detector.scorer(next(iter(detector.models)), fps=10.0 * detector.every)
    pictures = moving_blocks(detector.frame_size)
    frames = (Frame(number, number / 10.0, image) for number, image in enumerate(pictures))
    for frame in islice(frames, scorer.run_up + scorer.lookahead + _WARM_UP):
        scorer.push(frame)

    def one_more() -> None:
        scorer.push(next(frames))

    return best_rate(one_more, seconds, clock)


def best_rate(work: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
    """How often a second some work can be done: of its fastest few in a row.

    Args:
        work: is done again and again.
        seconds: for so long, and at least once.
        clock: seconds that only grow.
    """
    began, fastest = clock(), float("inf")
    while fastest == float("inf") or clock() - began < seconds:
        before = clock()
        for _ in range(_CHUNK):
            work()
        fastest = min(fastest, max(clock() - before, 1e-9))
    return _CHUNK / fastest


def moving_blocks(size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """Pictures without end: blocks that move over a still ground, uint8 RGB (H, W, 3).

    Args:
        size: (H, W).
    """
    height, width = size
    coarse = np.random.default_rng(0).integers(60, 120, (9, 16, 3), dtype=np.uint8)
    rows, columns = np.arange(height) * 9 // height, np.arange(width) * 16 // width
    ground = coarse[rows][:, columns]
    tall, wide = max(height // 5, 1), max(width // 15, 1)
    for number in count():
        image = ground.copy()
        for block in range(4):
            top = block * (height - tall) // 4
            left = (number * (block + 1) * max(width // 200, 1) + block * width // 4) % width
            image[top : top + tall, left : left + wide] = 180 + 20 * block
        yield image


def rate_of(bundle: Path, *, device: str | None = None, cache: Path | None = None) -> float:
    """As `measured_rate`, measured once for each bundle on this machine, in its own process.

    Args:
        bundle: folder of a fitted or exported bundle.
        device: where networks run.
        cache: folder for what was measured; None: the user's.

    Raises:
        BundleError: no bundle, or it cannot be measured; says why.
    """
    file = _kept(bundle, device, cache)
    known = _read(file)
    if known is None:
        known = _measured_apart(bundle, device)
        with suppress(AwryError):  # then it is measured again next time
            write_json(file, {"rate": known, "bundle": str(bundle)})
    return known


def planned(
    wanted: Mapping[str, float],
    rates: Mapping[str, float],
    cores: float,
    *,
    reading: float = READING_CORES,
) -> float:
    """The share of a machine that cameras would take.

    Args:
        wanted: camera -> pictures a second of its grid.
        rates: camera -> pictures a second that one core scores with its bundle.
        cores: of the machine.
        reading: cores that reading a camera takes.

    Returns:
        0 for no load, 1 for all cores; above 1 it cannot be carried.

    >>> planned({"gate": 10.0, "yard": 10.0}, {"gate": 40.0, "yard": 20.0}, 2.0, reading=0.125)
    0.5
    """
    scoring = sum(wanted[camera] / rates[camera] for camera in wanted)
    return (scoring + reading * len(wanted)) / cores


def overload(share: float) -> str:
    """What is to be said of a load, in a sentence or two; empty where it is not too high.

    Args:
        share: as `planned` gives it.
    """
    if share <= MOST:
        return ""
    return (
        f"The cameras would take {share:.0%} of what was measured on this machine, more than "
        f"{MOST:.0%}: pictures will be left out, and alarm budgets are not promised. Export the "
        "bundles in int8 (awry export), fit at a lower rate, or watch fewer cameras here."
    )


def _kept(bundle: Path, device: str | None, cache: Path | None) -> Path:
    try:
        manifest = (bundle / MANIFEST).read_bytes()  # it holds the hashes of all other files
    except OSError as error:
        raise BundleError(
            f"{bundle} is not a bundle: its {MANIFEST} cannot be read ({error.strerror}). Make one "
            "with awry fit."
        ) from error
    about = json.dumps([processor(), os.cpu_count(), versions(), device], sort_keys=True)
    digest = hashlib.sha256(manifest + about.encode()).hexdigest()
    return (cache or users_cache()) / "rates" / f"{digest[:32]}.json"


def users_cache() -> Path:
    """The folder where what was measured is kept for this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "awry"


def _read(file: Path) -> float | None:
    try:
        rate = float(json.loads(file.read_text("utf-8"))["rate"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return rate if 0 < rate < float("inf") else None


def _measured_apart(bundle: Path, device: str | None) -> float:
    """In a process of its own, with one thread, so that this one stays small."""
    command = [sys.executable, "-m", "awry.watch.scorer.load", str(bundle), device or ""]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, env=env, timeout=_LONGEST_S)
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            f"How fast {bundle} scores could not be measured in {_LONGEST_S} s: this machine is "
            "too slow for it."
        ) from error
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.returncode or not said:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BundleError(
            f"How fast {bundle} scores could not be measured: "
            f"{why[-1] if why else 'the process that measured it was ended'}"
        )
    return float(said[-1])


def _main(arguments: list[str]) -> int:
    """Measure the bundle that is named first, on the device that is named second."""
    try:
        rate = measured_rate(Path(arguments[0]), device=arguments[1] or None)
    except AwryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{rate!r}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
