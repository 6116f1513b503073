"""Rules of the contract about scores from elsewhere: in pieces, exported, in 16 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from awry.detector import Detector
from awry.devices import Compute
from awry.exporting.bundles import ExportOptions, export_detector
from awry.exporting.parity import FLOOR
from awry.frames import FrameScore
from awry.testing.case import (
    LENGTH,
    TOLERANCE,
    Case,
    frames,
    pushed,
    require,
    require_alike,
    require_same,
    values,
)
from awry.testing.footage import moving_square_data

IN_BF16 = 0.25
"""Of the clip's largest score: as much may scores in bf16 differ from those in full precision. Tiny
fits know next to no spread of normal scores, by which some methods divide."""


def a_piece_of_a_clip_gets_the_scores_of_the_whole(case: Case) -> None:
    """Where a scorer says how far back its state reaches, a long clip is scored in pieces."""
    scorer = case.detector.scorer(maps=True)
    if scorer.reach is None:
        return
    clip, whole = frames(), case.pushed()
    start = -(-(LENGTH // 2) // scorer.period) * scorer.period
    first = (start - scorer.reach) // scorer.period * scorer.period
    require(first > 0, f"reach is {scorer.reach} of {LENGTH} frames: too far to be looked at")
    piece = list(scorer.score(iter(clip[first:])))[start - first :]
    _require_equal(piece, whole[start:])
    stop = LENGTH - 5
    scores = list(scorer.score(iter(clip[first : stop + scorer.lookahead])))
    _require_equal(scores[start - first : stop - first], whole[start:stop])


def _require_equal(one: Sequence[FrameScore], other: Sequence[FrameScore]) -> None:
    require_same(values(one), values(other), "a piece's scores differ", TOLERANCE, 1e-7)
    require_alike(one, other)


def an_exported_bundle_scores_the_same(case: Case) -> None:
    """Whatever a method calls its networks, and however often it asks them; if it has any."""
    detector, clip = case.detector, frames(40)
    if not next(iter(detector.models.values())).graphs():
        return
    # Tiny fits know next to no spread of normal scores, by which some methods divide.
    tolerance = 1e-2
    whole = moving_square_data(seed=5, length=60).train[0]
    out = case.folder / "exported"
    about = export_detector(detector, out, ExportOptions(tolerance=tolerance), whole)
    worst = max(about["parity"]["networks"].values())
    require(worst < 1e-4, f"an exported network differs by {worst}")
    one, other = case.pushed(len(clip)), pushed(Detector.load(out), clip)
    least = FLOOR * tolerance * float(np.nanmax(np.abs(values(one))))
    said = "scores differ once the networks are exported"
    require_same(values(other), values(one), said, tolerance, least)
    require_alike(one, other)


def sixteen_bits_score_nearly_the_same(case: Case) -> None:
    """On the processor in bf16, on a clip in which something happens."""
    clip = list(moving_square_data().test[0].open())[20:]
    other = case.detector.on(Compute("cpu", "bf16"))
    one, rounded = pushed(case.detector, clip), pushed(other, clip)
    most = IN_BF16 * float(np.nanmax(np.abs(values(one))))
    require_same(values(rounded), values(one), "scores in bf16 differ too much", 0, most)
    require_alike(one, rounded)


def what_was_learned_stays_on_the_processor_in_full(case: Case) -> None:
    """Wherever it scores: bundles belong to no device."""
    for model in case.detector.models.values():
        before = {name: tensor.clone() for name, tensor in model.state().items()}
        other = model.on(Compute("cpu", "bf16"))
        pushed(replace(case.detector, models={"*": other}), frames(8))
        for name, tensor in other.state().items():
            require(tensor.device.type == "cpu", f"{name} is on {tensor.device}")
            own = before[name].dtype
            require(tensor.dtype == own, f"{name} is {tensor.dtype} in bf16, and {own} in full")
            require(torch.equal(tensor, before[name]), f"{name} changes when it scores in bf16")
