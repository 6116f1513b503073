from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from awry.output.own import is_ours
from awry.studies.figures.grid import GREEN, RED, Cell, draw_cell, map_limits, write_grid

GREY = np.full((40, 60, 3), 128, np.uint8)


def test_boxes_stand_around_their_pixels() -> None:
    axes = Figure().subplots()
    draw_cell(axes, Cell(GREY, "a", {RED: [(10, 5, 19, 24)]}))
    dark, bright = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    for box in (dark, bright):
        assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (9.5, 4.5, 10, 20)
    assert axes.get_xlim() == (-0.5, 59.5)
    assert axes.get_ylim() == (39.5, -0.5)


def test_a_map_spans_the_frame_that_boxes_speak_of() -> None:
    axes = Figure().subplots()
    draw_cell(axes, Cell(np.zeros((4, 6)), size=(40, 60), limits=(0.0, 1.0)))
    (image,) = axes.images
    assert list(image.get_extent()) == [-0.5, 59.5, 39.5, -0.5]
    assert image.get_clim() == (0.0, 1.0)


def test_a_flat_map_has_a_scale() -> None:
    assert map_limits([np.full((2, 2), 3.0)]) == (3.0, 4.0)


def test_rows_of_different_lengths_are_written(tmp_path: Path) -> None:
    file = tmp_path / "grid.png"
    cells = [Cell(GREY, "one", {GREEN: [(1, 1, 9, 9)]}), Cell(GREY)]
    rows = {"first": cells, "second": [Cell(np.eye(8))]}
    assert write_grid(file, "title", rows, {GREEN: "true"}) == file
    assert is_ours(file, "picture")
    picture = cv2.imread(str(file))[..., ::-1].astype(int)
    green = (picture[..., 1] - picture[..., 0] > 80) & (picture[..., 1] - picture[..., 2] > 60)
    assert green.sum() > 50
    before = file.read_bytes()
    write_grid(file, "title", rows, {GREEN: "true"})
    assert file.read_bytes() == before
