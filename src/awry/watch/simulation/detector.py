"""A detector whose score is known: how bright a patch of the picture is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from awry.detector import Detector
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.scoring.calibration import POOLED, Calibration, SceneCalibration
from awry.scoring.events import EventOptions
from awry.storage import write_json
from awry.training.facts import Facts, FootageFacts
from awry.video.ignore import IgnoreRegions

NORMAL, ODD, THRESHOLD = 60.0, 200.0, 130.0
"""The patch's brightness on usual and odd pictures, and where alarms begin."""

SIZE = (48, 64)
"""Height and width of the pictures."""

PATCH = (slice(16, 32), slice(24, 40))
"""Rows and columns of the patch."""

# One high score is an event, so that what must be found can be counted without the finder.
_OPTIONS = EventOptions(hysteresis=0.1, merge_gap=5, min_length=1)


class _PatchScorer(Scorer):
    lookahead, warmup = 0, 0

    def _push(self, frame: Frame) -> list[FrameScore]:
        grey = frame.image.mean(2).astype(np.float32)
        return [FrameScore(frame.index, frame.time_s, float(grey[PATCH].mean()), {}, map=grey)]

    def _flush(self) -> list[FrameScore]:
        return []


class _Patch(Method):
    name = "patch"
    Config = MethodConfig
    presets = {"cpu": {}}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(MethodConfig())

    def fit(self, footage: Any, context: Any) -> None:
        raise NotImplementedError

    def scorer(self, setting: Setting) -> Scorer:
        return _PatchScorer(setting)

    def state(self) -> dict[str, Any]:
        return {}

    def load_state(self, tensors: dict[str, Any]) -> None:
        pass


def _calibration() -> Calibration:
    scene = SceneCalibration(
        location=NORMAL,
        scale=10.0,
        threshold=THRESHOLD,
        map_thresholds=(80.0, 120.0),
        heat_range=(60.0, 200.0),
        frames=1000,
        seconds=1000.0,
        budget=None,
        how="As it was made up.",
    )
    return Calibration({POOLED: scene}, _OPTIONS)


def open_detector(_bundle: Path) -> Detector:
    """The detector, whatever the folder."""
    footage = FootageFacts(
        layout="folder",
        variant="",
        fps=None,
        fingerprint="",
        scenes=[POOLED],
        parts={},
        every=1,
        notes=[],
        failed=[],
    )
    facts = Facts(preset="cpu", seed=0, data=footage, history={}, fit_seconds=0.0, versions={})
    return Detector("patch", {POOLED: _Patch()}, _calibration(), IgnoreRegions(), SIZE, facts)


def write_bundle(folder: Path, rate: float) -> Path:
    """A bundle's manifest, which is all that the keeper reads of it.

    Args:
        folder: of the bundle, made anew.
        rate: pictures a second.
    """
    manifest = {
        "format": 1,
        "method": "patch",
        "calibration": _calibration().to_json(),
        "data": {"fps": rate, "every": 1},
        "files": {},
    }
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    folder.mkdir(parents=True)
    write_json(folder / "manifest.json", manifest | {"manifest_sha256": digest})
    return folder
