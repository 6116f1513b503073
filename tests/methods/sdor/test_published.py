from __future__ import annotations

import pytest

from awry.methods.sdor import SDOR
from awry.methods.sdor.config import PRESETS
from awry.methods.sdor.network import SDORModel
from awry.methods.sdor.published import publication


def test_table_1_has_the_paper_and_the_lines_that_are_here() -> None:
    cells = {cell.name: cell for cell in publication().cells("sdor-table1")}
    score = cells["merged/ped2/score"]
    assert score.row is not None
    assert (score.row.value, score.convention) == (0.832, "none")
    assert cells["merged/umn-scene1/initial"].scene == "lawn"
    assert score.scene is None
    for part in ("entrance", "exit"):  # two cameras, which the data set holds side by side
        assert cells[f"merged/subway-{part}/score"].scene == part


def test_unmasking_and_the_two_sample_test_stand_beside_what_their_papers_print() -> None:
    """They are smoothed over time there, and measured on test data alone."""
    cells = {cell.name: cell for cell in publication().cells("sdor-table1")}
    unmasking, tested = cells["merged/ped2/unmasking"], cells["merged/ped2/two_sample"]
    assert unmasking.row is not None
    assert tested.row is not None
    assert (unmasking.row.value, tested.row.value) == (0.822, 0.875)
    assert unmasking.convention == tested.convention == "offline"
    assert any("measured on test data alone" in note for note in unmasking.row.notes)
    assert "merged/umn-scene1/two_sample" not in cells  # its authors print none


def test_table_2_changes_the_backbone() -> None:
    cells = {cell.name: cell for cell in publication().cells("sdor-table2")}
    assert cells["resnet-50/ped1/score"].changes == {
        "backbone": "torchvision:resnet50@IMAGENET1K_V1"
    }


@pytest.mark.parametrize("scale", PRESETS)
@pytest.mark.parametrize("backbone", ["vgg", "3dconv", "resnet-50"])
def test_every_backbone_of_table_2_can_learn(backbone: str, scale: str) -> None:
    cells = {cell.name: cell for cell in publication().cells("sdor-table2")}
    changes = cells[f"{backbone}/ped2/score"].changes
    known = {**changes, "backbone": changes["backbone"].replace("torchvision:", "random:")}
    model = SDORModel(SDOR.configure(scale, {**known, "rounds": 1}))  # type: ignore[arg-type]
    learning = [p for p in model.rounds.parameters() if p.requires_grad]
    assert sum(p.numel() for p in learning) > 1_000_000
    assert bool(len(model.frozen)) == (scale != "paper")


def test_figure_5_thins_the_abnormal_frames_out() -> None:
    cells = [cell for cell in publication().cells("sdor-fig5") if cell.dataset == "ped2"]
    assert {cell.part for cell in cells} == {"initial", "score"}
    assert all(cell.rate is not None and 0 < cell.rate < 1 for cell in cells)
    assert len({cell.rate for cell in cells}) == len(cells) / 2


def test_figure_6_is_one_run_with_a_part_for_each_round() -> None:
    cells = [cell for cell in publication().cells("sdor-fig6") if cell.dataset == "ped2"]
    assert [cell.part for cell in cells] == [f"after_{number}" for number in range(1, 6)]
    assert {(cell.rate, tuple(cell.changes)) for cell in cells} == {(None, ())}
