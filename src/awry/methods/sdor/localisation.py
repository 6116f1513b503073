"""Where in its frames an archive is abnormal (section 4.6): class activation maps of its frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.methods.sdor.config import SDORConfig
from awry.methods.sdor.feedback import tuned_learners
from awry.methods.sdor.network import ScoreLearner, SDORModel
from awry.methods.sdor.normality import Places, Series
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import for_all_frames
from awry.scoring.maps import map_thresholds

Maps = NDArray[np.float32]


def frame_map(
    model: SDORModel, archive: Archive, place: int, config: SDORConfig, *, fed_back: bool
) -> Maps:
    """The class activation map of a frame, float32 (h, w); on the processor, as it is one frame.

    Args:
        model: with its learners.
        archive: the frames.
        place: of the frame in the archive.
        config: settings.
        fed_back: of the learners that took feedback in, whose mean is the score then; else of all.
    """
    with torch.inference_mode():
        maps = _mean_maps(_learners(model, config, fed_back), archive.activations([place]))
    return np.asarray(maps[0].numpy(), np.float32)


def frame_maps(
    model: SDORModel,
    archive: Archive,
    config: SDORConfig,
    *,
    fed_back: bool,
    compute: Compute = PROCESSOR,
) -> Maps:
    """SDOR section 4.6: the class activation maps of all frames, float32 (n, h, w).

    The network's last map decides how fine they are: 1/32 of the picture's sides for most
    backbones. A map's mean is the frame's score.

    Args:
        model, archive, config, fed_back: as `frame_map` takes them.
        compute: where the learners run.
    """
    learners = [compute.copy_of(one) for one in _learners(model, config, fed_back)]
    return for_all_frames(lambda activations: _mean_maps(learners, activations), archive, compute)


def map_levels(
    peaks: Series, scores: Series, groups: Sequence[Places], abnormal_share: float
) -> list[tuple[float, ...]]:
    """For each group of frames the levels at which its maps are cut into regions.

    A detector has them from normal footage, of which an archive has none that is known. In its
    place stand the frames of each group that the ranking does not take for abnormal.

    Args:
        peaks: (n,), each frame's highest map value.
        scores: (n,), the ranking.
        groups: places of the frames that are looked at together; none of them empty.
        abnormal_share: of a group's frames that are taken for abnormal.

    Returns:
        as `awry.scoring.maps.map_thresholds`.
    """
    levels = []
    for places in groups:
        order = np.argsort(-scores[places], kind="stable")
        rest = order[min(int(len(order) * abnormal_share), len(order) - 1) :]
        levels.append(map_thresholds(peaks[places][rest]))
    return levels


def _learners(model: SDORModel, config: SDORConfig, fed_back: bool) -> list[ScoreLearner]:
    chosen = tuned_learners(model, config) if fed_back else list(model.learners)
    return [learner.eval() for learner in chosen]


def _mean_maps(learners: Sequence[ScoreLearner], activations: Tensor) -> Tensor:
    return torch.stack([learner.score_maps(activations)[1] for learner in learners]).mean(0)
