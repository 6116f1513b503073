"""SSMTL's teachers: whoever finds the objects and whoever names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError
from awry.frames import Objects
from awry.methods.ssmtl.config import SSMTLConfig
from awry.teachers.classifier import VERSION, Classifier, load_classifier
from awry.teachers.objects import (
    NOTHING_EXPORTED,
    DetectorOptions,
    ExportedNetwork,
    ObjectDetector,
    View,
    load_detector,
)
from awry.teachers.objects.base import counted, other_teachers
from awry.teachers.objects.selection import box_iou
from awry.teachers.outputs import digest, question, said_before


class SSMTLTeachers:
    """The detectors and the classifier that a config names, loaded.

    Attributes:
        detector: finds objects; None at the frame level, which needs none.
        lender: lends class probabilities to the detector's boxes, or None.
        classifier: an ImageNet classifier's outputs before softmax, or None.
        compute: where they run.

    Args:
        config: names them.
        compute: where they run.
        scoring: the classifier is then loaded only where the score needs it.
        exported: networks that answer in the place of detectors', as `load_detector` takes them.

    Raises:
        MissingError, ConfigError, InputError: as `load_detector` and `load_classifier`.
        BundleError: the detector is not the one that the bundle was fitted with.
    """

    def __init__(
        self,
        config: SSMTLConfig,
        compute: Compute = PROCESSOR,
        *,
        scoring: bool = False,
        exported: Mapping[str, ExportedNetwork] = NOTHING_EXPORTED,
    ) -> None:
        self.compute = compute
        self.detector: ObjectDetector | None = None
        self.lender: ObjectDetector | None = None
        self.classifier: Classifier | None = None
        self._config = config
        options = detector_options(config)
        if config.level != "frame":
            self.detector = load_detector(config.detector, options, exported, compute=compute)
            if config.classes_from is not None:
                # The lender's own certainty does not matter, only what it would call a box.
                lending = replace(options, threshold=0.02, contained=True)
                self.lender = load_detector(config.classes_from, lending, exported, compute=compute)
                if not self.lender.classes:
                    raise ConfigError(
                        f"classes_from={config.classes_from} has no class scores to lend; name a "
                        "detector that has, e.g. onnx:FILE."
                    )
            self._same_detector()
        in_frames = config.level != "object" and "distillation" in config.frame_tasks
        wanted = not scoring or config.score_classifier or in_frames
        if config.classifier != "none" and "distillation" in config.tasks and wanted:
            self.classifier = load_classifier(
                config.classifier, config.classifier_side, outputs="logits", compute=compute
            )
            # What it says of one picture stands for its weights.
            self._probed = self.classifier([np.arange(48, dtype=np.uint8).reshape(4, 4, 3)])

    @property
    def has_classes(self) -> bool:
        """Whether objects come with class probabilities."""
        namer = self.lender or self.detector
        return namer is not None and bool(namer.classes)

    @property
    def fingerprint(self) -> str:
        """Stands for the detectors' weights and options; the same for other files of boxes."""
        detectors = [d for d in (self.detector, self.lender) if d is not None and d.sees_pixels]
        return digest(*(one.fitted_key for one in detectors))[:16] if detectors else ""

    def _same_detector(self) -> None:
        fitted = self._config.detector_fingerprint
        if fitted and fitted != self.fingerprint:
            raise other_teachers(self._config.detector)

    def objects(self, view: View, mask: NDArray[np.bool_] | None) -> Objects:
        """A frame's objects; those that lie mostly in ignored pixels (h, w) are left out."""
        assert self.detector is not None
        objects = counted(self.detector.detect(view), mask)
        if self.lender is not None and len(objects.scores):
            objects = self._named(objects, view)
        return objects

    def _named(self, found: Objects, view: View) -> Objects:
        """Boxes with the probabilities of the lender's box that overlaps most; 0 without one."""
        assert self.lender is not None
        other = self.lender.detect(view)
        probabilities = np.zeros((len(found.scores), other.probabilities.shape[1]), np.float32)
        if len(other.scores):
            overlap = box_iou(found.boxes, other.boxes)
            best = overlap.argmax(1)
            match = overlap.max(1) >= self._config.classes_iou
            probabilities[match] = other.probabilities[best[match]]
        ids = np.where(probabilities.max(1) > 0, probabilities.argmax(1), -1)
        return replace(found, probabilities=probabilities, class_ids=ids.astype(np.int64))

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """The classifier's outputs, float32 (n, 1000), for pictures uint8 RGB of any size.

        The same bits whether they are computed, or were kept by `keep_outputs`.
        """
        classifier = self.classifier
        assert classifier is not None
        asked = ("classifier", VERSION, classifier.name, classifier.side, self._probed)
        outputs = said_before(
            lambda: question(self.compute, *asked, *pictures),
            lambda: {"logits": classifier(list(pictures))},
            costly=True,
        )
        return np.asarray(outputs["logits"], np.float32)


def detector_options(config: SSMTLConfig) -> DetectorOptions:
    """What is asked of the object detector; one tile where the tiles are not settled yet."""
    return DetectorOptions(
        threshold=config.threshold,
        tiles=config.tiles or (1, 1),
        across_classes=config.across_classes,
        least_side=config.least_side,
        contained=config.contained,
    )
