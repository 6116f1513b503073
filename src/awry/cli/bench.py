"""`awry bench speed`: how fast bundles are, and how far that is from the machine's peak."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awry.cli.options import (
    Data,
    DeviceName,
    Fps,
    Json,
    Layout,
    Precision,
    refusals,
    report_failures,
    reporting,
    show_result,
)

if TYPE_CHECKING:
    from awry.studies.bench import SpeedResult
    from awry.terminal import Table

bench_app = typer.Typer(no_args_is_help=True)


@bench_app.callback()
def bench() -> None:
    """Measure, and set beside what the machine could do."""


@bench_app.command("speed")
def bench_speed(
    bundles: Annotated[list[Path], typer.Argument(help="Bundles, exported ones too.")],
    data: Data,
    layout: Layout = None,
    fps: Fps = None,
    frames: Annotated[int, typer.Option(min=1, help="Test frames of each pass.")] = 200,
    repeats: Annotated[int, typer.Option(min=1, help="Passes; their median counts.")] = 3,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Let torch.compile make the networks.")
    ] = False,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Frames a second, latency, memory, where the time goes, and the distance to the peak."""
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.bench(
                bundles,
                data=data,
                format=layout,
                fps=fps,
                frames=frames,
                repeats=repeats,
                compiled=compiled,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_bench)
        report_failures(result.failed)


def show_bench(result: SpeedResult) -> None:
    """Print the rows: whole bundles, their networks alone, where a frame's time goes."""
    from awry.terminal import Console

    console = Console()
    title = f"{result.data}: {result.hardware}, {result.threads} threads"
    whole = _table(title, "frames/s", "ms 50/95/99 %", "ahead ms", "MiB", "start s")
    alone = _table("networks alone", "ms a frame", "M mult-adds", "GFLOP/s", "GEMM", "of it")
    for row in result.bundles:
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
    for row in result.bundles:
        stages = ", ".join(f"{name} {value:.2f}" for name, value in row["stages_ms"].items())
        console.print(f"{row['bundle']}: {row['all_ms']:.2f} ms a frame, of it {stages}")


def _table(title: str, *columns: str) -> Table:
    from awry.terminal import Table

    table = Table(title=title)
    table.add_column("bundle", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _reached(network: Mapping[str, Any], peak: float) -> tuple[str, ...]:
    """Time and work of a frame, and how near to the peak that is."""
    taken, adds = network["ms_per_frame"], network["multiply_adds_per_frame"]
    if not taken:
        return ("-",) * 5
    share = network["fraction"]
    figures = f"{taken:.2f}", f"{adds / 1e6:.0f}", f"{share * peak:.0f}", f"{peak:.0f}"
    return (*figures, f"{100 * share:.0f} %")
