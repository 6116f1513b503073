"""A person in the loop (section 4.5): what was marked, and learning from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.methods.sdor.config import SDORConfig
from awry.methods.sdor.network import ScoreLearner, SDORModel
from awry.methods.sdor.normality import Places, PseudoLabels, Series
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import labels_of, my_part, optimizer, ordinal_loss, rank
from awry.training.loop import FitContext, Phase, Step, train


@dataclass(frozen=True, slots=True)
class Feedback:
    """Frames that a person has labelled, with their neighbours.

    Attributes:
        abnormal, normal: int64 places of frames in the archive; no frame is in both.
    """

    abnormal: Places
    normal: Places

    @property
    def places(self) -> Places:
        """All of them."""
        return np.concatenate([self.abnormal, self.normal])


def with_neighbours(marks: Mapping[int, bool], archive: Archive, count: int) -> Feedback:
    """The marked frames, and the frames around them in their clips, labelled alike (section 4.5).

    Where neighbourhoods meet, a mark itself comes first, then the nearest mark, then abnormal.

    Args:
        marks: place -> whether it is abnormal.
        archive: the frames.
        count: neighbours on each side.
    """
    nearest: dict[int, tuple[int, bool]] = {}
    for mark, abnormal in marks.items():
        own = archive.slice_of(int(archive.of_clip[mark]))
        for place in range(max(own.start, mark - count), min(own.stop, mark + count + 1)):
            candidate = (abs(place - mark), not abnormal)
            nearest[place] = min(candidate, nearest.get(place, candidate))
    by_label = {
        label: np.array(sorted(p for p, (_, n) in nearest.items() if n is not label), np.int64)
        for label in (True, False)
    }
    return Feedback(by_label[True], by_label[False])


def tuned_learners(model: SDORModel, config: SDORConfig) -> list[ScoreLearner]:
    """The rounds' learners that take feedback in, and whose mean is the score from then on."""
    every = list(model.learners)
    return every if config.feedback_learners == "all" else every[-1:]


def learn_from_marks(
    model: SDORModel,
    archive: Archive,
    scores: Series,
    marks: Mapping[int, bool],
    config: SDORConfig,
    number: int,
    context: FitContext,
) -> tuple[Series, Feedback]:
    """Fine-tune the learners on marked frames and rank all frames anew (section 4.5).

    Args:
        model: its learners are changed.
        archive: the frames.
        scores: (n,), of the ranking that the person saw.
        marks: place -> whether it is abnormal; at least one.
        config: settings.
        number: counts the interactions, from 1.
        context: seed, checkpoint, progress, and where it learns.

    Returns:
        The new scores, float64 (n,), and all frames that were learned from, neighbours included.
    """
    feedback = with_neighbours(marks, archive, config.feedback_neighbours)
    labels = labels_of(scores, archive, config)
    phase = feedback_phase(model, archive, feedback, labels, config, number, context.compute)
    train(model, [phase], context)
    model.eval()
    learners = tuned_learners(model, config)
    ranked = [rank(learner, archive, context.compute) for learner in learners]
    return np.mean(ranked, axis=0), feedback


def feedback_phase(
    model: SDORModel,
    archive: Archive,
    feedback: Feedback,
    labels: PseudoLabels,
    config: SDORConfig,
    number: int,
    compute: Compute = PROCESSOR,
) -> Phase:
    """Fine-tuning of the learners on what was fed back.

    Args:
        labels: of the ranking that the person saw.
        number: counts the interactions.
        compute: where the learners are.
    """
    batches = _Batches(feedback, labels.without(feedback.places), config)
    epochs, steps = config.feedback_epochs, max(1, -(-len(feedback.places) // config.batch))
    if config.feedback_steps is not None:
        epochs = min(epochs, config.feedback_steps)
        steps = min(steps, config.feedback_steps // epochs)
    learners = tuned_learners(model, config)

    def loss(step: Step) -> dict[str, Tensor]:
        model.train()
        places, abnormal = my_part(step, *batches.draw(step.generator))
        activations = archive.activations(places, compute)
        losses = [ordinal_loss(learner(activations), abnormal) for learner in learners]
        return {"total": sum(losses, start=losses[0].new_zeros(())) / len(losses)}

    return Phase(
        name=f"feedback {number}",
        parameters=[p for learner in learners for p in learner.parameters()],
        epochs=epochs,
        steps=steps,
        loss=loss,
        optimizer=optimizer(config),
    )


class _Batches:
    """As many abnormal as normal frames, as far as there are any.

    A share `feedback_pseudo` comes from the pseudo labels: it keeps alive what was learned before.

    Args:
        feedback: what a person has labelled.
        rest: the pseudo labels without the frames that were fed back; None where nothing is left.
        config: sizes.
    """

    def __init__(self, feedback: Feedback, rest: PseudoLabels | None, config: SDORConfig) -> None:
        pseudo = round(config.batch * config.feedback_pseudo) if rest is not None else 0
        self._pseudo = pseudo if pseudo > 1 else 0  # one of each kind, or none
        self._kinds = (feedback.abnormal, feedback.normal)
        labelled = sum(len(places) > 0 for places in self._kinds)
        self._each = max(1, (config.batch - self._pseudo) // labelled)
        self._rest = rest
        self._share = config.batch_abnormal

    def draw(self, generator: np.random.Generator) -> tuple[Places, int]:
        """A batch's frames, abnormal ones first, and how many of those there are."""
        abnormal, normal = (_drawn(kind, self._each, generator) for kind in self._kinds)
        if self._rest is None or not self._pseudo:
            return np.concatenate([abnormal, normal]), len(abnormal)
        others, count = self._rest.draw(self._pseudo, self._share, generator)
        parts = [abnormal, others[:count], normal, others[count:]]
        return np.concatenate(parts), len(abnormal) + count


def _drawn(places: Places, most: int, generator: np.random.Generator) -> Places:
    return generator.choice(places, min(most, len(places)), replace=False)


def simulated_marks(
    scores: Series,
    labels: NDArray[np.bool_],
    share: float,
    count: int,
    generator: np.random.Generator,
    already: Sequence[int] | Places = (),
) -> dict[int, bool]:
    """What an expert who knows the truth marks among the top-ranked frames (section 4.5).

    Args:
        scores: (n,), higher = more abnormal.
        labels: (n,), the truth.
        share: of the frames that are shown, the top-ranked.
        count: frames to mark of each kind; fewer where fewer are shown.
        generator: chooses among them; the paper does not say how.
        already: places that were marked before.

    Returns:
        place -> whether it is abnormal.
    """
    shown = np.argsort(-scores, kind="stable")[: max(1, int(len(scores) * share))]
    shown = shown[~np.isin(shown, np.asarray(already, np.int64))]
    truth = np.asarray(labels, bool)[shown]
    marks: dict[int, bool] = {}
    for kind in (True, False):
        there = shown[truth == kind]
        picked = generator.choice(there, min(count, len(there)), replace=False)
        marks |= {int(place): kind for place in picked}
    return marks
