"""Learning from a person's feedback on a sifted archive (Pang et al. 2020, section 4.5)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace

from awry.datasets.base import Clip
from awry.errors import FootageError
from awry.methods.sdor.feedback import Feedback, learn_from_marks
from awry.progress import Reporter
from awry.sifting.ranking import archive_of
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_model
from awry.sifting.trained import TrainedRun
from awry.training.loop import FitContext


def with_learners(run: SiftedRun, clips: Sequence[Clip], reporter: Reporter) -> TrainedRun:
    """A run with its learners and its frames' activations, which are read again if need be.

    They run where `devices.using` says, wherever the run was made.

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
    run = trained.run
    folder = run.folder / "feedback-fit"
    shutil.rmtree(folder, ignore_errors=True)
    seed, compute = run.facts["seed"] + 1000 * number, trained.method.compute
    context = FitContext(folder, seed, False, reporter, compute=compute)
    model, archive = trained.model, trained.archive
    scores, feedback = learn_from_marks(
        model, archive, run.scores, marks, run.config, number, context
    )
    shutil.rmtree(folder, ignore_errors=True)
    return replace(trained, run=run.with_scores(scores, "feedback")), feedback
