"""`awry bench speed`: bundles side by side, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awry.datasets import open_dataset
from awry.detector import Detector
from awry.errors import AwryError, DatasetError, MissingError
from awry.runtimes import threads
from awry.studies.speed import SpeedOptions, measure_speed
from awry.terminal import Console, Table
from awry.training.environment import hardware, versions


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is measured.

    Attributes:
        data, layout, fps: the data set, as `open_dataset` takes it.
        speed: how.
    """

    data: Path
    layout: str | None = None
    fps: float | None = None
    speed: SpeedOptions = field(default_factory=SpeedOptions)


def run_bench(bundles: Sequence[Path], options: BenchOptions, console: Console) -> dict[str, Any]:
    """Measure bundles one after another.

    Returns:
        `rows`, one for each bundle that could be measured; `failed`; and what it was measured on.

    Raises:
        DatasetError: the data set cannot be read, or has no test clips.
    """
    data = open_dataset(options.data, format=options.layout, fps=options.fps)
    if not data.test:
        raise DatasetError(f"There are no test clips in {options.data} to measure on.")
    rows, failed = [], []
    for bundle in bundles:
        console.print(f"measuring {bundle}")
        try:
            rows.append(_in_own_process(bundle, options))
        except AwryError as error:
            failed.append(f"{bundle}: {error}")
        except BrokenProcessPool:
            failed.append(f"{bundle}: its process died, perhaps for want of memory.")
        except Exception as error:  # runtimes raise many kinds; the other rows count
            failed.append(f"{bundle}: {type(error).__name__}: {error}")
    return {
        "rows": rows,
        "failed": failed,
        "hardware": hardware(),
        "threads": threads(),
        "versions": versions(),
        "data": options.data.name,
    }


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
    detector = Detector.load(bundle)
    started = time.time() - asked_at
    data = open_dataset(options.data, format=options.layout, fps=options.fps)
    runs_in = {**detector.runs_in, "runtime": "compiled"} if options.speed.compiled else {}
    try:
        found = measure_speed(detector, data.test, options.speed)
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
        **found,
    }


def show_bench(found: dict[str, Any]) -> None:
    """Print the rows: whole bundles, their networks alone, where a frame's time goes."""
    console = Console()
    title = f"{found['data']}: {found['hardware']}, {found['threads']} threads"
    whole = _table(title, "frames/s", "ms 50/95/99 %", "ahead ms", "MiB", "start s")
    alone = _table("networks alone", "ms a frame", "M mult-adds", "GFLOP/s", "GEMM", "of it")
    for row in found["rows"]:
        name = Path(row["bundle"]).name
        thinned = f"\none frame of {row['every']}" if row["every"] > 1 else ""
        how = f"{row['method']} {row['preset']}\n{row['runtime']} {row['precision']}{thinned}"
        whole.add_row(
            f"{name}\n{how}",
            f"{row['end_to_end_fps']:.1f}",
            "/".join(f"{value:.1f}" for value in row["latency_ms"].values()) or "-",
            _number(row["lookahead_ms"]),
            _number(row["peak_mib"]),
            f"{row['start_up_s']:.1f}",
        )
        network = row["network"]
        alone.add_row(name, *_reached(network, network["gemm_gflops"]))
        for part, graph in network["graphs"].items():
            alone.add_row(f"  {part}", *_reached(graph, network["gemm_gflops"]))
    console.print(whole, alone)
    for row in found["rows"]:
        stages = ", ".join(f"{name} {value:.2f}" for name, value in row["stages_ms"].items())
        console.print(f"{row['bundle']}: {row['all_ms']:.2f} ms a frame, of it {stages}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column("bundle", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _reached(network: dict[str, Any], peak: float) -> tuple[str, ...]:
    """Time and work of a frame, and how near to the peak that is."""
    taken, adds = network["ms_per_frame"], network["multiply_adds_per_frame"]
    if not taken:
        return ("-",) * 5
    share = network["fraction"]
    figures = f"{taken:.2f}", f"{adds / 1e6:.0f}", f"{share * peak:.0f}", f"{peak:.0f}"
    return (*figures, f"{100 * share:.0f} %")
