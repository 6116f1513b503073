"""What `awry bench speed` prints."""

from __future__ import annotations

import pytest

from awry.cli.bench import show_bench
from awry.studies.bench import SpeedResult


def test_the_table_can_be_read_in_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    graph = {"ms_per_frame": 2.0, "multiply_adds_per_frame": 1e8, "fraction": 0.5}
    network = {**graph, "gemm_gflops": 200.0, "graphs": {"encoder": graph}}
    row = {
        **{"bundle": "out/yard-openvino", "method": "daml", "preset": "paper"},
        **{
            "runtime": "openvino",
            "precision": "fp32",
            "device": "cpu",
            "every": 4,
            "start_up_s": 1.5,
        },
        **{"end_to_end_fps": 104.25, "lookahead_ms": 700.0, "peak_mib": 1308.4, "all_ms": 9.6},
        "latency_ms": {"median": 141.7, "p95": 162.1, "p99": 162.6},
        **{"stages_ms": {"read": 1.0, "network": 7.25}, "network": network},
    }
    silent = {**row, "bundle": "out/quiet", "latency_ms": {}, "lookahead_ms": None}
    nothing = {"ms_per_frame": 0, "multiply_adds_per_frame": 0, "gemm_gflops": 200.0, "graphs": {}}
    rows = [row, silent | {"network": nothing, "every": 1, "peak_mib": None}]
    result = SpeedResult(tuple(rows), (), "Fast One, 2 cores", 2, {}, "Ped2")
    assert [row["frames_per_second"] for row in result.rows()] == [104.25, 104.25]
    assert result.rows()[0]["latency_ms_p95"] == 162.1
    assert len(result.plot().patches) == 4  # two bundles of two stages
    assert result.cards()[0].value == "104.2 frames/s"
    show_bench(result)
    said = capsys.readouterr().out
    for words in (
        *("yard-openvino", "daml paper", "openvino fp32", "one frame of 4", "141.7/162.1/162.6"),
        *("1308", "  encoder", " 100 ", "50 %", "9.60 ms a frame", "network 7.25"),
    ):
        assert words in said
    assert max(map(len, said.splitlines())) <= 80
