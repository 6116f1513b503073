"""What a card brings: samples a second of fits, frames a second of scoring, beside the processor.

    python benchmarks/gpu.py [--out FILE.json] [--seconds 280] [--methods daml mtla] [--device cuda]

Every method with the presets `cpu` and `paper`, on made-up footage, in the precisions that the card
has. Ready-made networks have random weights, so that nothing is fetched, detectors are `foreground`
and depth is `ramp`: learning and scoring take their time, and figures of accuracy there are none.
Fits are cut to a few steps. A row that does not end within its share of the time says so.

`peak` is the share of the device's own matrix product, in the same precision, that the networks of
scoring reach. Where there is no card, only the processor is measured, and the page says so.
"""

from __future__ import annotations

import argparse
import logging
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from awry.datasets.base import Dataset
from awry.device_list import available, name_of
from awry.devices import PROCESSOR, Compute, chosen, using
from awry.errors import ConfigError
from awry.exporting.parity import watched
from awry.frames import Frame
from awry.methods.base import Method, Setting
from awry.methods.folding import folded
from awry.methods.registry import method_class, method_names
from awry.progress import NO_FIGURES, Silent
from awry.storage import write_json
from awry.studies.speed import gemm_gflops, multiply_adds
from awry.testing import moving_square_data
from awry.training.environment import hardware, versions
from awry.training.footage import Footage
from awry.training.loop import FitContext
from awry.training.split import Split
from awry.video.cache import FrameCache

PRESETS = ("cpu", "paper")
SIZE = (240, 360)
"""Of the footage's frames (H, W), as of UCSD Ped2."""
STEPS = 12
WARM = 3
"""Steps of a fit that are not counted: libraries choose their algorithms."""
FIRST_SHARE = 0.6
"""Of a row's time, for its fit."""
LEAST_S = 2.0
Row = dict[str, Any]


class OverError(Exception):
    """The time of a row is over."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """`OverError` is raised inside after so long; no limit on systems without alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def end(*_: object) -> None:
        raise OverError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.1))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Clock(Silent):
    """Notes when each step of training ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """Steps tell their losses."""
        if figures:
            self.times.append(time.perf_counter())

    @property
    def per_second(self) -> float | None:
        """Of the steps after the first ones, by the median of their times; None: too few."""
        took = np.diff(self.times)[WARM:]
        return 1 / float(np.median(took)) if len(took) else None


def shortened(method: str, preset: str) -> dict[str, Any]:
    """Settings with which nothing is fetched and a fit takes a few steps."""
    kind = method_class(method)
    config, changes = kind.configure(preset), dict[str, Any]()
    for name in kind.Config.model_fields:
        value = getattr(config, name)
        if name.endswith("epochs") or name == "rounds":
            changes[name] = 1
        elif name.endswith("steps"):
            changes[name] = STEPS
        elif name == "detector" and value is not None:
            changes[name] = "foreground"
        elif name == "depth" and str(value).startswith("hf:"):
            changes[name] = "ramp"
        elif name == "pretrained":
            changes[name] = False
        elif str(value).startswith("torchvision:"):
            changes[name] = "random:" + str(value).partition(":")[2].partition("@")[0]
    return changes


def footage() -> Dataset:
    """Normal clips and one that is scored."""
    return moving_square_data(clips=2, length=60, size=SIZE)


def batch_of(config: Any) -> int | None:
    """Samples of a training step, where the settings say so."""
    found = getattr(config, "batch", None) or getattr(config, "batch_runs", None)
    return None if found is None else int(found)


def measured(method: str, preset: str, compute: Compute, seconds: float, peak: float) -> Row:
    """One row: a fit, and scoring with what it left."""
    row: Row = {
        "method": method,
        "preset": preset,
        "device": compute.device,
        "precision": compute.precision,
    }
    data, clock, ends = footage(), Clock(), time.perf_counter() + seconds
    kind = method_class(method)
    with tempfile.TemporaryDirectory() as name, using(compute.full):
        folder = Path(name)
        model = kind(kind.configure(preset, shortened(method, preset)))
        context = FitContext(folder, reporter=clock, compute=compute)
        split = Split(0, 0)  # nothing is held back, and nothing is calibrated
        train = Footage(data.train, FrameCache(folder / "frames", 2**30), split=split)
        row["note"] = _tried(lambda: model.fit(train, context), FIRST_SHARE * seconds, "the fit")
    row["batch"] = batch_of(model.config)
    row["steps_per_s"] = each = clock.per_second
    row["samples_per_s"] = row["batch"] * each if row["batch"] and each else None
    if row["note"] is None:
        frames = list(data.test[0].open())
        with using(compute):
            there = model.on(compute)
            row |= scoring(there, frames, max(ends - time.perf_counter(), LEAST_S), peak)
    return row


def _tried(work: Callable[[], None], seconds: float, what: str) -> str | None:
    """Why it could not be done; None where it was. The other rows count all the same."""
    try:
        with limited(seconds):
            work()
    except OverError:
        return f"{what} did not end in {seconds:.0f} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:160]
    return None


def scoring(model: Method, frames: Sequence[Frame], seconds: float, peak: float) -> Row:
    """Frames a second of a clip that is in memory, and the share of the peak of its networks."""
    taken: list[float] = []
    shares: list[float] = []
    ends = time.perf_counter() + seconds
    setting = Setting(maps=False, fps=10, frame_size=SIZE)

    def work() -> None:
        while len(taken) < 4 and (not taken or time.perf_counter() + taken[-1] < ends):
            begun = time.perf_counter()
            for _ in model.scorer(setting).score(iter(frames)):
                pass
            taken.append(time.perf_counter() - begun)
        scorer = model.scorer(setting)
        few = frames[: scorer.warmup + scorer.lookahead + 6]
        shares.extend(_reached(model, setting, few, peak))

    note = _tried(work, seconds, "scoring")
    return {
        # The first pass warms up, where there is another one.
        "frames_per_s": len(frames) / float(np.median(taken[1:] or taken)) if taken else None,
        "peak": shares[0] if shares else None,
        "note": note,
    }


def _reached(
    model: Method, setting: Setting, frames: Sequence[Frame], peak: float
) -> Iterator[float]:
    """The share of the peak that the networks reach, asked again what scoring asked them."""
    import torch

    before, networks = model.runtime, watched(model)
    for network in networks.values():
        network.most = 4
    try:
        list(model.scorer(setting).score(iter(frames)))
    finally:
        model.runtime = before
    seconds, adds = 0.0, 0
    graphs = model.graphs()
    for name, network in networks.items():
        for again in (False, True):  # the first time warms up
            begun = time.perf_counter()
            with torch.inference_mode():
                for batch in network.batches:
                    network.network(*batch)
            seconds += again * (time.perf_counter() - begun)
        adds += multiply_adds(folded(graphs[name].module), network.batches)
    if adds:
        yield 2e-9 * adds / seconds / peak


def computes(device: str | None) -> list[Compute]:
    """The card in each precision that it has, and the processor."""
    found: list[Compute] = []
    place = device or available()[0]
    if place != "cpu":
        for precision in ("32", "tf32", "bf16", "16"):
            try:
                found.append(chosen(place, precision))
            except ConfigError as error:
                print(error)
    return [*found, PROCESSOR]


def table(rows: Sequence[Row]) -> str:
    """Markdown, for docs/performance.md."""

    def figure(value: float | None, form: Callable[[float], str]) -> str:
        return "-" if value is None else form(value)

    lines = [
        "| method | preset | device | precision | batch | samples/s | frames/s | peak |",
        "| -- | -- | -- | -- | -- | -- | -- | -- |",
    ]
    for row in rows:
        cells = (
            *(row[key] for key in ("method", "preset", "device", "precision")),
            str(row["batch"] or "-"),
            figure(row["samples_per_s"], "{:.0f}".format),
            figure(row.get("frames_per_s"), "{:.1f}".format),
            figure(row.get("peak"), "{:.1%}".format),
        )
        lines.append(f"| {' | '.join(cells)} |")
    notes = [
        f"- {row['method']} {row['preset']} on {row['device']} in {row['precision']}: {row['note']}"
        for row in rows
        if row["note"]
    ]
    return "\n".join([*lines, "", *notes])


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--out", type=Path, help="JSON with everything")
    parser.add_argument("--seconds", type=float, default=280, help="for all rows together")
    parser.add_argument("--methods", nargs="+", default=[n for n in method_names() if n != "fused"])
    parser.add_argument("--presets", nargs="+", default=list(PRESETS))
    parser.add_argument("--device", help="as of awry; else the best there is")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    ends = time.perf_counter() + given.seconds
    every = computes(given.device)
    measured("convae", "tiny", every[-1], 600, 1)  # imports are not to be broken off
    card = "" if every[0].device == "cpu" else name_of(every[0].device)
    print(f"{hardware(every[0])}, PyTorch {versions().get('torch')}")
    if not card:
        print("There is no card here: these are figures of the processor alone.")
    peaks = {str(compute): gemm_gflops(compute) for compute in every}
    for name, peak in peaks.items():
        print(f"matrix product on {name}: {peak:,.0f} GFLOP/s", flush=True)
    owed = [(m, p, c) for m in given.methods for p in given.presets for c in every]
    rows: list[Row] = []
    for number, (method, preset, compute) in enumerate(owed):
        share = (ends - time.perf_counter()) / (len(owed) - number)
        rows.append(measured(method, preset, compute, max(share, LEAST_S), peaks[str(compute)]))
        print(table(rows[-1:]).splitlines()[2], flush=True)
    print(f"\n{table(rows)}")
    if given.out is not None:
        about = {"hardware": hardware(every[0]), "card": card or None, "versions": versions()}
        write_json(given.out, {**about, "gemm_gflops": peaks, "rows": rows})


if __name__ == "__main__":
    main()
