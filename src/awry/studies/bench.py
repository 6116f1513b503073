"""Bundles side by side: how fast each scores, measured in a process of its own."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from awry.calls import checked
from awry.datasets import open_dataset
from awry.detector import Detector
from awry.devices import Compute, current, on_device, using
from awry.errors import AwryError, DatasetError, MissingError
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.runtimes import threads
from awry.studies.speed import SpeedOptions, measure_speed
from awry.training.environment import hardware, versions

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is measured, as it goes to another process.

    Attributes:
        data, layout, fps: the data set, as `open_dataset` takes it.
        speed: how.
        compute: where networks of PyTorch run, and how exactly they calculate.
    """

    data: Path
    layout: str | None = None
    fps: float | None = None
    speed: SpeedOptions = field(default_factory=SpeedOptions)
    compute: Compute = field(default_factory=current)


@dataclass(frozen=True, slots=True)
class SpeedResult(Result):
    """How fast bundles score on one machine and one data set.

    Attributes:
        bundles: one for each bundle that could be measured: `bundle`, `method`, `preset`,
            `runtime`, `precision`, `device`, `start_up_s`, and what
            `awry.studies.speed.measure_speed` gives.
        failed: the others, one sentence each.
        hardware: the processor and its cores, and the card where networks ran on one.
        threads: that PyTorch takes.
        versions: of the libraries.
        data: the data set's folder's name.
    """

    bundles: tuple[Mapping[str, Any], ...]
    failed: tuple[str, ...]
    hardware: str
    threads: int
    versions: Mapping[str, str]
    data: str

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "rows": [dict(bundle) for bundle in self.bundles],
            "failed": list(self.failed),
            "hardware": self.hardware,
            "threads": self.threads,
            "versions": dict(self.versions),
            "data": self.data,
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each bundle."""
        return [
            {
                "bundle": bundle["bundle"],
                "method": bundle["method"],
                "runtime": bundle["runtime"],
                "precision": bundle["precision"],
                "device": bundle["device"],
                "frames_per_second": bundle["end_to_end_fps"],
                **{f"latency_ms_{name}": ms for name, ms in bundle["latency_ms"].items()},
                "peak_mib": bundle["peak_mib"],
                "start_up_s": bundle["start_up_s"],
            }
            for bundle in self.bundles
        ]

    def draw(self, ax: Axes) -> None:
        """Where a frame's time goes: a bar for each bundle, a colour for each stage."""
        names = [Path(bundle["bundle"]).name for bundle in self.bundles]
        stages = dict.fromkeys(stage for bundle in self.bundles for stage in bundle["stages_ms"])
        left = [0.0] * len(names)
        for stage in stages:
            widths = [bundle["stages_ms"].get(stage, 0.0) for bundle in self.bundles]
            ax.barh(range(len(names)), widths, left=left, label=stage)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        ax.set_yticks(range(len(names)), names)
        ax.set(xlabel="ms a frame", title=f"{self.data}: {self.hardware}")
        if stages:
            ax.legend()

    def cards(self) -> list[FigureCard]:
        """Frames a second of each bundle."""
        return [
            FigureCard(
                Path(bundle["bundle"]).name,
                f"{bundle['end_to_end_fps']:.1f} frames/s",
                f"{bundle['runtime']} {bundle['precision']}, {self.threads} threads",
            )
            for bundle in self.bundles
        ]


@checked
@on_device
def bench(
    bundles: str | Path | Sequence[str | Path],
    *,
    data: str | Path,
    format: str | None = None,
    fps: float | None = None,
    frames: Annotated[int, Field(ge=1)] = 200,
    repeats: Annotated[int, Field(ge=1)] = 3,
    compiled: bool = False,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> SpeedResult:
    """Frames a second, latency, memory, where the time goes, and the distance to the peak.

    Each bundle is measured in a process of its own, one after another. A program that calls this
    must be importable: guard it by `if __name__ == "__main__"`.

    Args:
        bundles: folders of bundles, exported ones too.
        data: a data set's folder, with test clips.
        format, fps: as `awry.open_dataset` takes them.
        frames: test frames of each pass.
        repeats: passes, of which the median counts.
        compiled: let `torch.compile` make the networks.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them.
        reporter: told which bundle is measured.

    Raises:
        DatasetError: the data set cannot be read, or has no test clips.
    """
    reporter = reporter or Silent()
    options = BenchOptions(Path(data), format, fps, SpeedOptions(frames, repeats, compiled))
    if not open_dataset(options.data, format=format, fps=fps).test:
        raise DatasetError(f"There are no test clips in {options.data} to measure on.")
    rows, failed = [], []
    for bundle in [bundles] if isinstance(bundles, str | Path) else bundles:
        reporter.message(f"measuring {bundle}")
        try:
            rows.append(_in_own_process(Path(bundle), options))
        except AwryError as error:
            failed.append(f"{bundle}: {error}")
        except BrokenProcessPool:
            failed.append(f"{bundle}: its process died, perhaps for want of memory.")
        except Exception as error:  # runtimes raise many kinds; the other rows count
            failed.append(f"{bundle}: {type(error).__name__}: {error}")
    return SpeedResult(
        tuple(rows), tuple(failed), hardware(), threads(), versions(), options.data.name
    )


def _in_own_process(bundle: Path, options: BenchOptions) -> dict[str, Any]:
    """Memory and start-up are a process's own: nothing of another bundle is in them."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_measure, bundle, options, time.time()).result()
        except KeyboardInterrupt:  # the pool would wait for the measurement's end
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _measure(bundle: Path, options: BenchOptions, asked_at: float) -> dict[str, Any]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it decides
    with using(options.compute):
        return _measured(bundle, options, asked_at)


def _measured(bundle: Path, options: BenchOptions, asked_at: float) -> dict[str, Any]:
    detector = Detector.load(bundle)
    started = time.time() - asked_at
    data = open_dataset(options.data, format=options.layout, fps=options.fps)
    runs_in = {**detector.runs_in, "runtime": "compiled"} if options.speed.compiled else {}
    try:
        speed = measure_speed(detector, data.test, options.speed)
    except RuntimeError as error:
        if not options.speed.compiled:
            raise
        reason = str(error).strip().splitlines()[0]
        raise MissingError(
            f"torch.compile cannot make its networks ({reason}). It needs a C++ compiler; leave "
            "--compiled out without one."
        ) from error
    return {
        "bundle": str(bundle),
        "method": detector.method,
        "preset": detector.facts.preset,
        **(runs_in or detector.runs_in),
        "start_up_s": started,
        **speed,
    }
