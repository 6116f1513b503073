"""How many cameras a machine can watch with each of some bundles: `awry watch`'s scorers alone.

    python benchmarks/watch_load.py --footage UCSDped2/Test/Test004 \\
        daml=ped2-daml "daml, ONNX int8"=ped2-daml-int8 --json load.json

Each bundle is loaded in a process of its own with one thread. It scores the same footage for some
cameras in turns, as a site's scorer does: maps, regions, pictures and heat of what is near the
threshold included. What is measured is the processor's time, which other programs on the machine
change less than the clock's. Reading, decoding and resizing a camera's stream is measured likewise,
where `--stream` names a video file. Printed is how many cameras of `--rate` pictures a second so
many `--cores` carry at the share of the load above which a site warns.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from awry.watch.messages import Scored
from awry.watch.scorer.load import MOST, READING_CORES

CAMERAS = 4


def scoring(bundle: Path, footage: Path, rate: float, seconds: float) -> dict[str, float]:
    """Score footage for some cameras in turns, and say what a picture took."""
    import torch

    torch.set_num_threads(1)
    from awry.detector import load
    from awry.video.open import open_source
    from awry.watch.clock import SystemClock
    from awry.watch.ipc.frames import GridFrame
    from awry.watch.scorer.core import ScorerHost
    from awry.watch.site.portions import Grid, ScoredCamera, ScorerSettings

    images = [frame.image for frame in open_source(footage, fps=rate)]

    class Looped:
        """The footage again and again, each time as a new session."""

        def __init__(self, camera: str) -> None:
            self.camera, self.step = camera, -1

        def next(self, timeout_s: float = 0.0) -> GridFrame:
            self.step += 1
            loop, place = divmod(self.step, len(images))
            return GridFrame(self.camera, f"{loop}", place, time.time(), images[place])

        def close(self) -> None:
            pass

    names = [str(number) for number in range(CAMERAS)]
    cameras = tuple(ScoredCamera(name=name, bundle=bundle, grid=Grid(rate=rate)) for name in names)
    host = ScorerHost(
        ScorerSettings(cameras=cameras),
        SystemClock(),
        lambda path: load(path, device="cpu"),
        Looped,
    )
    for _ in range(CAMERAS * 20):
        host.step()
    found: Counter[bool] = Counter()
    began, clock_began, pictures = time.process_time(), time.monotonic(), 0
    while time.process_time() - began < seconds:
        said = host.step() or ()
        found.update(bool(one.picture) for one in said if isinstance(one, Scored))
        pictures += 1
    spent, passed = time.process_time() - began, time.monotonic() - clock_began
    return {
        "ms": 1000 * spent / pictures,
        "per_core": pictures / spent,
        "clock_ms": 1000 * passed / pictures,
        "shown": found[True] / max(found.total(), 1),
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def reading(stream: Path, rate: float, size: tuple[int, int]) -> float:
    """Cores that reading, decoding and resizing a stream takes, at its own pace."""
    from awry.video.open import open_source
    from awry.watch.trainer.clips import OnGrid

    source = open_source(stream)
    began, frames = time.process_time(), 0
    for _ in OnGrid(source, rate, size):
        frames += 1
    return (time.process_time() - began) / (frames / rate)


def apart(bundle: Path, options: argparse.Namespace) -> dict[str, float]:
    """`scoring` in a process of its own."""
    command = [sys.executable, __file__, "--footage", options.footage, "--one", str(bundle)]
    command += ["--rate", str(options.rate), "--seconds", str(options.seconds)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise SystemExit(f"{bundle}: {done.stderr.strip().splitlines()[-1]}")
    values: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return values


def row(name: str, found: dict[str, float], cores: float, rate: float, read: float) -> str:
    """A line of the table."""
    each = rate / found["per_core"] + read
    cameras = [int(np.floor(cores * share / each + 1e-9)) for share in (MOST, 1.0)]
    return (
        f"| {name} | {found['ms']:.1f} | {found['per_core']:.0f} | {cameras[0]} | {cameras[1]} "
        f"| {found['rss_mib']:.0f} |"
    )


def main() -> None:
    """Measure, print the table, write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("bundles", nargs="*", help="NAME=DIR, or DIR")
    parser.add_argument(
        "--footage", required=True, help="video or picture folder of the bundles' view"
    )
    parser.add_argument("--stream", help="video file whose reading is measured")
    parser.add_argument("--size", default="360x640", help="HxW that the stream is brought down to")
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--cores", type=float, default=2.0)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the processor, for each")
    parser.add_argument("--json", help="file for the figures")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        found = scoring(Path(options.one), Path(options.footage), options.rate, options.seconds)
        print(json.dumps(found))
        return
    read = READING_CORES
    if options.stream:
        height, width = (int(side) for side in options.size.split("x"))
        read = reading(Path(options.stream), options.rate, (height, width))
        print(f"Reading {options.stream}: {read:.3f} of a core.")
    figures: dict[str, dict[str, float]] = {}
    print("| bundle | ms a picture | pictures/s a core | cameras at 70 % | at 100 % | MiB |")
    print("| -- | -- | -- | -- | -- | -- |")
    for given in options.bundles:
        name, _, folder = given.rpartition("=")
        name = name or Path(folder).name
        figures[name] = apart(Path(folder), options)
        print(row(name, figures[name], options.cores, options.rate, read), flush=True)
    if options.json:
        about = {"rate": options.rate, "cores": options.cores, "reading_cores": read}
        text = json.dumps({**about, "bundles": figures}, indent=2)
        Path(options.json).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
