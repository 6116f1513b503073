from __future__ import annotations

from awry.sifting.interactions import mean_of


def row(number: int, auc: float, pair: tuple[float, float] | None) -> dict[str, object]:
    names = ("auc", "auc_left_out", "auc_left_out_before")
    figures = dict.fromkeys(names, auc)
    return {"interaction": number, "fed_back": 10 * number, **figures} | {
        "intervals": dict.fromkeys(names, pair)
    }


def test_the_mean_of_experts_with_the_widest_interval() -> None:
    """Experts who found nothing more to mark end earlier: the mean ends with the first of them."""
    first = [row(0, 0.5, (0.4, 0.6)), row(1, 0.75, None)]
    second = [row(0, 0.75, (0.5, 0.8)), row(1, 0.25, None), row(2, 0.9, None)]
    mean = mean_of([first, second])
    assert [entry["interaction"] for entry in mean] == [0, 1]
    assert [entry["auc"] for entry in mean] == [0.625, 0.5]
    assert [entry["fed_back"] for entry in mean] == [0.0, 10.0]
    assert mean[0]["intervals"]["auc_left_out"] == (0.4, 0.8)
    assert mean[1]["intervals"]["auc_left_out"] is None
