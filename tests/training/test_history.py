"""What a fit's history says of its epochs."""

from __future__ import annotations

from awry.training.history import best_validation


def test_validation_figures_of_the_epoch_that_was_kept() -> None:
    epochs = [
        {"phase": "first", "validation_total": 3.0, "validation_flow": 1.0, "total": 9.0},
        {"phase": "first", "validation_total": 2.0, "validation_flow": 1.5, "total": 8.0},
        {"phase": "first", "validation_total": 2.5, "validation_flow": 0.5, "total": 7.0},
        {"phase": "second", "total": 1.0},
    ]
    assert best_validation({"*": epochs}) == {"first": {"total": 2.0, "flow": 1.5}}
