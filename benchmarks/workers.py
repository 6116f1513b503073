"""What workers are worth: a bundle on eight clips, by one process and by workers.

    python benchmarks/workers.py BUNDLE SOURCE... [--clips 8] [--frames 2000] [--workers 1 2]

The sources' frames, one after the other and again from the start, become the clips. Every process
has one thread. Printed for each number of workers: seconds, the seconds of processor time of all
processes together, frames a second, and the largest memory of a worker; and whether its table is
that of the single process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, islice
from pathlib import Path

from awry.frames import Frame
from awry.video.open import open_source
from awry.video.writer import VideoWriter

RATE = 10.0
_LOOK_S = 0.25


def clips(sources: Sequence[str], count: int, frames: int, folder: Path) -> Iterator[Path]:
    """Videos of that many frames."""
    opened = [open_source(source) for source in sources]
    endless: Iterator[Frame] = chain.from_iterable(cycle(opened))
    for number in range(count):
        path = folder / f"clip{number}.mp4"
        some = list(islice(endless, frames))
        with VideoWriter(path, RATE, size=some[0].image.shape[:2]) as writer:
            for frame in some:
                writer.write(frame.image)
        yield path


def processes() -> dict[int, tuple[int, float, float]]:
    """Process -> parent, seconds of processor time, MiB in memory."""
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            facts = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        seconds = (int(facts[11]) + int(facts[12])) / tick
        found[int(folder.name)] = int(facts[1]), seconds, int(facts[21]) * page / 2**20
    return found


def measured(words: Sequence[str]) -> tuple[float, float, float]:
    """Seconds, processor time of all processes, and MiB of the largest below the first."""
    begun = time.monotonic()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    first = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    spent: dict[int, float] = {}
    largest = 0.0
    while first.poll() is None:
        now = processes()
        for process, (_, seconds, memory) in now.items():
            above = process
            while above in now and above != first.pid:
                above = now[above][0]
            if above == first.pid:
                spent[process] = seconds
                largest = max(largest, memory)
        time.sleep(_LOOK_S)
    if first.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {first.returncode}")
    return time.monotonic() - begun, sum(spent.values()), largest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [*map(str, clips(options.sources, options.clips, options.frames, folder))]
        total = options.clips * options.frames
        alone, table = 0.0, b""
        for workers in (None, *options.workers):
            out = folder / f"{workers}.csv"
            command = str(Path(sys.executable).with_name("awry"))
            words = [command, "score", options.bundle, *paths]
            words += ["--out", str(out)]
            words += [] if workers is None else ["--workers", str(workers)]
            wall, spent, memory = measured(words)
            alone, table = alone or wall, table or out.read_bytes()
            same = "same rows" if out.read_bytes() == table else "OTHER ROWS"
            print(
                f"{workers or 'no'} workers: {wall:.0f} s, {spent:.0f} s of processor time, "
                f"{total / wall:.1f} frames/s, {alone / wall:.2f} times, {memory:.0f} MiB, {same}",
                flush=True,
            )


if __name__ == "__main__":
    main()
