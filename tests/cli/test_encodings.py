"""Names that are not UTF-8, or composed otherwise, pass through every output."""

from __future__ import annotations

import csv
import json
import os
import shutil
import unicodedata
from pathlib import Path

from support import moving_square, write_images

LATIN = os.fsdecode("Süd".encode("latin-1"))
DECOMPOSED = unicodedata.normalize("NFD", "Tür")


def test_from_fit_to_report(awry, tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode("Häuser".encode("latin-1"))
    made = write_images(tmp_path / "made", moving_square(60, 3))  # OpenCV writes ASCII alone
    for part, name in (("train", LATIN), ("train", DECOMPOSED), ("test", LATIN)):
        shutil.copytree(made, root / part / name)
    broken = next((root / "test" / LATIN).iterdir())
    broken.write_bytes(b"")
    (root / "labels.csv").write_bytes("Süd;30;40\n".encode("latin-1"))
    bundle, report, table = tmp_path / "b", tmp_path / "r", tmp_path / "s.csv"
    fps = ("--fps", 10)
    taken_out = f"{unicodedata.normalize('NFC', DECOMPOSED)}:0-3"
    said = awry("fit", "flow", "--data", root, "--out", bundle, "--exclude", taken_out, *fps)
    assert said.code == 0, said.err
    assert awry("datasets", root).code in (0, 1)
    said = awry("evaluate", bundle, "--data", root, "--out", report, *fps)
    assert said.code == 0, said.err
    assert json.loads((report / "metrics.json").read_text())["frame"]["n_abnormal"] == 11
    assert "S\\xfcd" in (report / "report.html").read_text("utf-8")
    said = awry("score", bundle, root / "test", "--out", table, *fps)
    assert said.code == 1, said.err
    with table.open(encoding="utf-8", newline="") as file:
        assert {row["source"] for row in csv.DictReader(file)} == {"S\\xfcd"}
