"""Learning from a person's feedback on a sifted archive (Pang et al. 2020, section 4.5)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from awry.datasets.base import Clip
from awry.errors import FootageError
from awry.methods.sdor.feedback import Feedback, feedback_phase, tuned_learners, with_neighbours
from awry.methods.sdor.network import SDORModel
from awry.methods.sdor.normality import Series
from awry.methods.sdor.training import labels_of, rank
from awry.progress import Reporter
from awry.sifting import archive_of
from awry.sifting.run import Run, load_model
from awry.training.loop import FitContext, train


def with_model(run: Run, clips: Sequence[Clip], reporter: Reporter) -> Run:
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
    found = [(clip.name, len(clip.indices)) for clip in archive.clips]
    if found != [(clip.name, len(clip.indices)) for clip in run.clips]:
        raise FootageError(
            f"The videos are not those that {run.folder} was made of: clips or their lengths "
            "differ. Bring them back, or sift again."
        )
    return replace(run, method=method, archive=archive)


def learn_from(
    run: Run, marks: Mapping[int, bool], number: int, reporter: Reporter
) -> tuple[Run, Feedback]:
    """Fine-tune the run's learners on marked frames and rank all frames anew.

    Args:
        run: with its model; the learners are changed.
        marks: place among all frames of the run -> whether it is abnormal; at least one.
        number: counts the interactions, from 1.
        reporter: shows progress.

    Returns:
        The run with its new scores, which also stand beside the earlier ones as `feedback`, and
        all frames that were learned from, neighbours included. Nothing is saved yet.
    """
    assert run.method is not None
    assert run.method.model is not None
    assert run.archive is not None
    model, config = run.method.model, run.config
    feedback = with_neighbours(marks, run.archive, config.feedback_neighbours)
    work = run.folder / "feedback-fit"
    shutil.rmtree(work, ignore_errors=True)
    context = FitContext(work, run.facts["seed"] + 1000 * number, False, reporter)
    labels = labels_of(run.scores, run.archive, config)
    phase = feedback_phase(model, run.archive, feedback, labels, config, number)
    train(model, [phase], context)
    model.eval()
    shutil.rmtree(work, ignore_errors=True)
    return run.with_scores(ranked_again(model, run), "feedback"), feedback


def ranked_again(model: SDORModel, run: Run) -> Series:
    """The scores of all frames by the learners that took feedback in."""
    assert run.archive is not None
    learners = tuned_learners(model, run.config)
    return np.mean([rank(learner, run.archive) for learner in learners], axis=0)
