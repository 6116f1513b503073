"""The objects of a frame, and what the teachers say of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.frames import Objects
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.velocity import velocities
from awry.methods.graphs import Network
from awry.teachers.classifier import Classifier, load_classifier
from awry.teachers.flow import FlowTeacher, load_flow
from awry.teachers.objects import (
    NOTHING_EXPORTED,
    DetectorOptions,
    ExportedNetwork,
    ObjectDetector,
    View,
    load_detector,
)
from awry.teachers.objects.base import counted, other_teachers
from awry.teachers.objects.trust import ObjectTrust
from awry.teachers.poses import Poses, pose_vectors
from awry.video.pictures import Pictures, coloured, cut_out, grown, outer, resized, working_size

Rows = NDArray[np.float32]
COVERED = 0.5
"""A moving region is no further object where detected boxes cover so much of it."""
CROP = 64
"""Longest side of the crops that are kept to be shown."""


@dataclass(frozen=True, slots=True)
class FramePictures:
    """A frame as it is looked at.

    Attributes:
        full: uint8 (H, W, c), what crops are cut from.
        small: uint8 (h, w, c), what detector and flow see.
    """

    full: Pictures
    small: Pictures


@dataclass(frozen=True, slots=True)
class Window:
    """The pictures that a frame is judged by.

    Attributes:
        now: the judged frame.
        before: the one that the flow comes from.
        earlier, later: those that show what moves; None: not wanted, or not there.
    """

    now: FramePictures
    before: FramePictures
    earlier: FramePictures | None = None
    later: FramePictures | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame comes from.

    Attributes:
        clip: as `View.clip`.
        frame: its index in the clip as it was filmed.
        size: (H, W) before it was resized; None: it was not.
    """

    clip: str
    frame: int
    size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ObjectAttributes:
    """What is known of a frame's objects.

    Attributes:
        objects: boxes in pixels of the working size.
        values: attribute -> float32 (n, d).
        crops: uint8 (h, w, 3) RGB, small, where they were asked for.
    """

    objects: Objects
    values: dict[str, Rows]
    crops: list[Pictures] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.objects.scores)

    @property
    def boxes(self) -> Rows:
        """float32 (n, 4)."""
        return self.objects.boxes


class ObjectTeachers:
    """Asks detectors, flow, classifier and pose files about the objects of frames.

    Args:
        config: names them.
        compute: where they run.
        exported: networks that answer in the place of the detector's, as `load_detector` takes
            them.

    Raises:
        MissingError, ConfigError, InputError: as `load_detector`, `load_flow`, `load_classifier`
            and `Poses`.
        BundleError: the detector is not the one that the bundle was fitted with.
    """

    def __init__(
        self,
        config: AttributesConfig,
        compute: Compute = PROCESSOR,
        exported: Mapping[str, ExportedNetwork] = NOTHING_EXPORTED,
    ) -> None:
        self._config = config
        self.compute = compute
        options = detector_options(config)
        self.detector: ObjectDetector = load_detector(
            config.detector, options, exported, compute=compute
        )
        self.motion: ObjectDetector | None = None
        if config.motion_boxes and config.detector != "foreground":
            self.motion = load_detector("foreground", replace(options, threshold=None))
        self.flow: FlowTeacher = load_flow(config.flow, compute=compute)
        self.classifier: Classifier | None = None
        self.features = 0
        if "deep" in config.used:
            self.classifier = load_classifier(config.classifier, config.side, compute=compute)
            self.features = self.classifier([np.zeros((4, 4, 3), np.uint8)]).shape[1]
        self.poses = Poses(config.poses) if "pose" in config.used else None
        self._same_detector()

    @property
    def needs_neighbours(self) -> bool:
        """Whether a frame's objects are found with the help of an earlier and a later one."""
        return self.detector.needs_neighbours or self.motion is not None

    def room(self, fps: float | None) -> tuple[int, int]:
        """Frames that are needed before and after a judged one, at a stream's rate."""
        stride = self._config.stride(fps)
        if not self.needs_neighbours:
            return stride, 0
        around = self._config.around(fps)
        return max(stride, around), around

    def _same_detector(self) -> None:
        fitted = self._config.detector_fingerprint
        if fitted and fitted != self.detector.fingerprint:
            raise other_teachers(self._config.detector)

    def sizes(self, frame: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """(H, W) that crops are cut from, and (h, w) that is worked on, of a frame's (H, W)."""
        full = working_size(frame, self._config.crop_height)
        return full, working_size(full, self._config.height)

    def shown(self, full: Pictures) -> FramePictures:
        """A picture at the size that crops are cut from, with its smaller copy."""
        size = working_size((full.shape[0], full.shape[1]), self._config.height)
        small = full
        if full.shape[:2] != size:
            small = cv2.resize(full, size[::-1], interpolation=cv2.INTER_LINEAR)
        return FramePictures(full, np.asarray(small, np.uint8).reshape(*size, -1))

    def observe(
        self, objects: Objects, window: Window, place: Place, seconds: float
    ) -> ObjectAttributes:
        """What is known of objects of the judged frame, with their crops.

        Args:
            objects: boxes in pixels of the working size.
            window: the pictures.
            place: where the frame comes from.
            seconds: between the pictures of the flow.
        """
        values: dict[str, Rows] = {}
        if "velocity" in self._config.used:
            values["velocity"] = self.velocities(objects.boxes, window, seconds)
        if "deep" in self._config.used:
            values["deep"] = self.deep(objects, window.now)
        if "pose" in self._config.used:
            values["pose"] = self.pose(objects.boxes, window.now, place)
        crops = [small_crop(crop) for crop in self.cut(objects.boxes, window.now)]
        return ObjectAttributes(objects, values, crops)

    def found(
        self,
        window: Window,
        place: Place,
        mask: NDArray[np.bool_] | None,
        trust: ObjectTrust | None = None,
        scene: str = "",
    ) -> Objects:
        """The detected objects, and regions that move where none is.

        What is not there is taken to be as the other: a missing later picture as the earlier one.

        Args:
            window: the pictures.
            place: where the frame comes from.
            mask: bool (h, w), ignored pixels of the working size; None: there are none.
            trust: says which boxes hold nothing that the empty scene has not, and so cover nothing
                that moves; None: all are believed.
            scene: the frame's, for `trust`.
        """
        earlier = window.earlier or window.before
        shown = (window.now, earlier, window.later or earlier)
        now, before, after = (coloured(one.small) for one in shown)
        view = View(now, before, after, place.clip, place.frame, place.size)
        objects = self.detector.detect(view)
        if self.motion is not None:
            covering = objects.boxes
            if trust is not None:
                covering = covering[trust.evidence(window.now.small, objects, scene) > 0]
            objects = _united(objects, self.motion.detect(view), covering)
        return counted(objects, mask)

    def velocities(self, boxes: Rows, window: Window, seconds: float) -> Rows:
        """float32 (n, bins), see `velocity.velocities`."""
        config = self._config
        if not len(boxes):
            return np.empty((0, config.bins), np.float32)
        flow = self.flow(window.before.small, window.now.small)
        return velocities(flow, boxes, config.bins, config.velocity, config.unit, seconds)

    def deep(
        self,
        objects: Objects,
        now: FramePictures,
        answers: Network | None = None,
        where: Compute = PROCESSOR,
    ) -> Rows:
        """float32 (n, features), of crops grown by a margin; NaN for regions that only move.

        The look of what no detector knows says nothing: it may be a shadow, or half of a crowd.

        Args:
            objects: boxes in pixels of the working size.
            now: what crops are cut from.
            answers: what answers in the classifier's place, to the processor.
            where: it is asked there.
        """
        assert self.classifier is not None
        rows = np.full((len(objects.boxes), self.features), np.nan, np.float32)
        known = ~only_move(objects)
        if not known.any():
            return rows
        pieces = self.cut(objects.boxes[known], now)
        if answers is None:
            rows[known] = self.classifier(pieces)
        else:
            rows[known] = answers(self.classifier.batch(pieces, where))[0].numpy()
        return rows

    def pose(self, boxes: Rows, now: FramePictures, place: Place) -> Rows:
        """float32 (n, 2 * keypoints), see `poses.pose_vectors`; NaN where nobody stands."""
        assert self.poses is not None
        poses = self.poses.at(place.clip, place.frame)
        small = now.small.shape[:2]
        scale = np.array(small[::-1]) / np.array((place.size or small)[::-1])
        scaled = poses * np.append(scale, 1).astype(np.float32)
        return pose_vectors(scaled, boxes, self._config.keypoints)

    def cut(self, boxes: Rows, now: FramePictures) -> list[Pictures]:
        """The objects' crops at their own size, uint8 (h, w, 3)."""
        full, small = now.full.shape[:2], now.small.shape[:2]
        scale = np.tile(np.array(full[::-1]) / np.array(small[::-1]), 2).astype(np.float32)
        larger = grown(boxes * scale, self._config.margin, (full[0], full[1]))
        return [cut_out(now.full, box) for box in larger]


def detector_options(config: AttributesConfig) -> DetectorOptions:
    """What is asked of the object detector; one tile where the tiles are not settled yet."""
    return DetectorOptions(
        threshold=config.threshold,
        tiles=config.tiles or (1, 1),
        across_classes=config.across_classes,
        least_side=config.least_side,
        contained=config.contained,
    )


def only_move(objects: Objects) -> NDArray[np.bool_]:
    """Which (n,) are regions that move and that no detector knows, where the detector has classes.

    >>> known, moves = np.eye(2, dtype=np.float32)[:1], np.zeros((1, 2), np.float32)
    >>> boxes, ones = np.zeros((2, 4), np.float32), np.ones(2, np.float32)
    >>> only_move(Objects(boxes, np.array([0, -1]), np.concatenate([known, moves]), ones)).tolist()
    [False, True]
    """
    has_classes = objects.probabilities.shape[1] > 0
    return np.asarray(has_classes & (objects.class_ids < 0))


def _united(objects: Objects, moving: Objects, covering: Rows) -> Objects:
    """The objects, and the moving regions that some boxes (n, 4) do not cover."""
    free = np.array([_share_free(box, covering) > 1 - COVERED for box in moving.boxes], bool)
    chances = np.zeros((int(free.sum()), objects.probabilities.shape[1]), np.float32)
    return Objects(
        np.concatenate([objects.boxes, moving.boxes[free]]),
        np.concatenate([objects.class_ids, moving.class_ids[free]]),
        np.concatenate([objects.probabilities, chances]),
        np.concatenate([objects.scores, moving.scores[free]]),
    )


def _share_free(box: Rows, boxes: Rows) -> float:
    """The share of a box that no other covers, to the pixel."""
    corner = np.floor(box[:2])
    size = np.maximum(np.ceil(box[2:]) - corner, 1).astype(int)
    free = np.ones((size[1], size[0]), bool)
    for other in boxes - np.tile(corner, 2):
        if other[0] < size[0] and other[1] < size[1] and other[2] > 0 and other[3] > 0:
            free[outer(other, free.shape)] = False
    return float(free.mean())


def small_crop(crop: Pictures) -> Pictures:
    """A crop no larger than `CROP` on its longer side, uint8 (h, w, 3)."""
    longest = max(crop.shape[:2])
    if longest <= CROP:
        return crop
    height, width = (max(1, round(side * CROP / longest)) for side in crop.shape[:2])
    return resized(crop, (height, width))
