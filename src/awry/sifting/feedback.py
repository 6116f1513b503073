"""Learning from a person's feedback on a sifted archive (Pang et al. 2020, section 4.5)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from awry.datasets.base import Clip
from awry.errors import FootageError
from awry.methods.sdor import SDORConfig
from awry.methods.sdor.feedback import Feedback, feedback_phase, tuned_learners, with_neighbours
from awry.methods.sdor.network import SDORModel
from awry.methods.sdor.normality import Series
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import labels_of, rank
from awry.progress import Reporter
from awry.sifting.ranking import archive_of
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_model
from awry.sifting.trained import TrainedRun
from awry.training.loop import FitContext, train


def with_learners(run: SiftedRun, clips: Sequence[Clip], reporter: Reporter) -> TrainedRun:
    """A run with its learners and its frames' activations, which are read again if need be.

    Args:
        run: as `load_run` gave it.
        clips: what it was made of.
        reporter: shows progress.

    Raises:
        BundleError: the model is damaged.
        FootageError: the clips are not those that were sifted.
    """
    method = load_model(run)
    archive = archive_of(clips, method, run.folder / "archive", run.options, reporter)
    read = [(clip.name, len(clip.indices)) for clip in archive.clips]
    if read != [(clip.name, len(clip.indices)) for clip in run.clips]:
        raise FootageError(
            f"The videos are not those that {run.folder} was made of: clips or their lengths "
            "differ. Bring them back, or sift again."
        )
    return TrainedRun(run, method, archive)


def learn_from(
    trained: TrainedRun, marks: Mapping[int, bool], number: int, reporter: Reporter
) -> tuple[TrainedRun, Feedback]:
    """Fine-tune the run's learners on marked frames and rank all frames anew.

    Args:
        trained: the run; its learners are changed.
        marks: place among all frames of the run -> whether it is abnormal; at least one.
        number: counts the interactions, from 1.
        reporter: shows progress.

    Returns:
        The run with its new scores, which also stand beside the earlier ones as `feedback`, and
        all frames that were learned from, neighbours included. Nothing is saved yet.
    """
    run, model, archive = trained.run, trained.model, trained.archive
    config = run.config
    feedback = with_neighbours(marks, archive, config.feedback_neighbours)
    folder = run.folder / "feedback-fit"
    shutil.rmtree(folder, ignore_errors=True)
    context = FitContext(folder, run.facts["seed"] + 1000 * number, False, reporter)
    labels = labels_of(run.scores, archive, config)
    phase = feedback_phase(model, archive, feedback, labels, config, number)
    train(model, [phase], context)
    model.eval()
    shutil.rmtree(folder, ignore_errors=True)
    scores = scores_by_learners(model, archive, config)
    return replace(trained, run=run.with_scores(scores, "feedback")), feedback


def scores_by_learners(model: SDORModel, archive: Archive, config: SDORConfig) -> Series:
    """The scores of all frames, float64 (n,), by the learners that were fine-tuned."""
    learners = tuned_learners(model, config)
    return np.mean([rank(learner, archive) for learner in learners], axis=0)
