from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from awry.errors import ConfigError, InputError
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip
from awry.studies.reproduction import VALIDATION, cells_of, measure_parts, why_not


def clip(seed: int, length: int = 40) -> ScoredClip:
    generator = np.random.default_rng(seed)
    labels = (np.arange(length) >= length // 2).astype(np.uint8)
    latent = generator.normal(size=length) + labels + 3 * seed
    scored = np.arange(length) >= 5
    return ScoredClip(
        f"clip{seed}",
        "yard",
        10.0,
        latent,
        scored,
        labels,
        parts={"latent": latent, "prediction": -latent},
    )


def test_the_cells_of_table_5_are_the_printed_ones() -> None:
    cells = {cell.name: cell for cell in cells_of("daml-table5")}
    assert len(cells) == 26
    cell = cells["convlstm/ped2/latent"]
    assert cell.row is not None
    assert (cell.row.value, cell.part) == (0.941, "latent")
    assert cell.figures == {"none": "micro_auc", "clip_unscored_dropped": "micro_auc"}
    assert cell.changes == {"motion": "convlstm", "reconstruction_losses": ["mse"]}
    assert "autoregressive/ped2/prediction" not in cells


def test_the_cells_of_table_4_differ_in_losses() -> None:
    cells = {cell.name: cell for cell in cells_of("daml-table4")}
    cell = cells["mse+gdl+ssim/avenue/reconstruction"]
    assert cell.changes == {"motion": "conv3d", "reconstruction_losses": ["mse", "gdl", "ssim"]}
    assert cell.row is not None
    assert cell.row.value == 0.855


def test_the_cells_of_ssmtl_table_4_are_networks_tasks_and_levels() -> None:
    cells = {cell.name: cell for cell in cells_of("ssmtl-table4") if cell.dataset == "ped2"}
    fits = {name.rpartition("/")[0] for name in cells}
    assert len(fits) == 17
    cell = cells["1+3/deep+narrow/object/ped2/arrow_of_time_accuracy"]
    assert cell.row is not None
    assert (cell.row.value, cell.convention, cell.part) == (0.953, "validation", "object")
    assert cell.changes["tasks"] == ["arrow_of_time", "middle_box"]
    assert (cell.changes["depth"], cell.changes["width"]) == ("deep", "narrow")
    lost = cells["1+2+3+4/deep+wide/object/ped2/auc"]
    assert lost.row is None
    assert lost.figures == {"none": "micro_auc", "offline": "macro_auc_sentinels"}
    assert cells["1+2+3+4/deep+wide/frame/ped2/distillation"].changes["level"] == "frame"


def test_the_cells_of_ssmtl_table_2_are_its_levels() -> None:
    cells = {cell.name: cell for cell in cells_of("ssmtl-table2") if cell.dataset == "ped2"}
    assert set(cells) == {f"{level}/ped2/auc" for level in ("object", "frame", "fused")}
    assert cells["fused/ped2/auc"].changes == {"level": "fused"}
    assert cells["fused/ped2/auc"].part == "fused"


def test_what_cannot_be_run_says_why() -> None:
    assert why_not("daml-table2") is None
    with pytest.raises(ConfigError, match="nothing is run"):
        cells_of("daml-table3")


def test_parts_are_measured_by_both_protocols() -> None:
    clips = [clip(0), clip(1), replace(clip(2), labels=None)]
    measured = measure_parts(clips)
    whole = evaluate_frames(clips)
    assert measured["latent"]["none"]["micro_auc"] == whole["frame"]["micro_auc"]
    convention = measured["latent"]["clip_unscored_dropped"]
    expected = whole["variants"]["clip_unscored_dropped"]
    assert {key: convention[key] for key in expected} == expected
    assert set(measured["latent"]) == {"none", "clip_unscored_dropped", "offline"}
    assert convention["n_frames"] == 70
    assert measured["latent"]["none"]["n_frames"] == 80
    # The clips' levels differ, so that min-max must change the figure.
    assert convention["micro_auc"] > measured["latent"]["none"]["micro_auc"]
    opposite = measured["prediction"]["clip_unscored_dropped"]["micro_auc"]
    assert opposite == pytest.approx(1 - convention["micro_auc"])


def test_without_labels_or_scores_nothing_is_measured() -> None:
    with pytest.raises(InputError, match="No clip has labels"):
        measure_parts([replace(clip(0), labels=None)])
    with pytest.raises(InputError, match="clip1 is too short"):
        measure_parts([clip(0), replace(clip(1), scored=np.zeros(40, bool))])


def test_mtla_tables_are_measured_on_ped2_and_in_perspective_too() -> None:
    cells = {cell.name: cell for cell in cells_of("mtla-table2")}
    printed = cells["seg+ofm+pred/shanghaitech/maximum"]
    assert printed.row is not None
    assert printed.row.value == pytest.approx(0.891)
    assert cells["seg+ofm+pred/ped2/sum"].row is None
    assert cells["seg/perspective/appearance"].changes == {"appearance": "current"}
    fits = {str(cell.changes) for cell in cells.values()}
    assert len(fits) == 2


def test_mtla_motion_cells_come_with_the_error_on_normal_footage() -> None:
    cells = cells_of("mtla-table4")
    errors = [cell for cell in cells if cell.convention == VALIDATION]
    assert len(errors) == len(cells) / 2
    assert {cell.part for cell in cells} == {"motion"}
    assert {cell.changes["attention"] for cell in cells} == {
        "none", "encoder", "decoder", "skip", "final",
    }  # fmt: skip
    changes = [cell.changes for cell in cells_of("mtla-table3") if cell.dataset == "ped2"]
    assert [change.get("scse") for change in changes[::2]] == [[], [], None]
