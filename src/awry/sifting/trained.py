"""A run together with what it learns by."""

from __future__ import annotations

from dataclasses import dataclass

from awry.errors import TrainingError
from awry.methods.sdor import SDOR
from awry.methods.sdor.network import SDORModel
from awry.methods.sdor.samples import Archive
from awry.sifting.run import SiftedRun


@dataclass(frozen=True, slots=True, eq=False)
class TrainedRun:
    """A run with its learners and its frames' activations.

    Attributes:
        run: with its scores.
        method: with the learners; its `compute` says where they run.
        archive: the activations of the run's frames.
    """

    run: SiftedRun
    method: SDOR
    archive: Archive

    @property
    def model(self) -> SDORModel:
        """The learners.

        Raises:
            TrainingError: nothing was learned.
        """
        if self.method.model is None:
            raise TrainingError(f"The run {self.run.folder} has no learners. Sift again.")
        return self.method.model
