"""Other normal footage that a detector is calibrated on, and never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError, FootageError, SourceError
from awry.teachers.outputs import digest
from awry.training.footage import Footage
from awry.training.split import WHOLE
from awry.video.pictures import same_aspect

FIRST_FRAMES = 8
"""By which two clips are held to be the same; a camera's noise tells others apart."""


def calibration_footage(footage: Footage, other: Dataset, *, per_scene: bool) -> Footage:
    """The normal clips of another data set, read as those that are trained on.

    A scene that the training footage does not know is taken for its only one; where it has
    several, the clips count among all pooled.

    Args:
        footage: to train on.
        other: its test clips are not looked at.
        per_scene: each scene has a model of its own.

    Raises:
        ConfigError: one model a scene, and none for a clip's.
        FootageError: a clip is trained on as well, or shows frames of another aspect ratio.
    """
    clips = _in_known_scenes(footage.scenes, other.train)
    strange = [clip for clip in clips if clip.scene not in footage.scenes]
    if per_scene and strange:
        raise ConfigError(
            f"--calibration: {strange[0].name} shows the scene '{strange[0].scene}', and with "
            f"--per-scene there is no model for it (trained on {', '.join(footage.scenes)})."
        )
    _check_unseen(footage, clips)
    calibration = footage.alike(clips, WHOLE)
    mine, theirs = footage.frame_size(), calibration.frame_size()
    if not same_aspect(mine, theirs):
        raise FootageError(
            f"--calibration: its frames are {theirs[1]}x{theirs[0]}, those of the training footage "
            f"{mine[1]}x{mine[0]}; another aspect ratio is another view. Give footage of the same."
        )
    return calibration


def _in_known_scenes(scenes: Sequence[str], clips: Sequence[Clip]) -> list[Clip]:
    if len(scenes) > 1 or len({clip.scene for clip in clips}) > 1:
        return list(clips)
    return [replace(clip, scene=scenes[0]) for clip in clips]


def _beginning(clip: Clip) -> str:
    """What stands for a clip's first frames, whatever its file is called."""
    return digest(*(frame.image for frame in islice(clip.open(), FIRST_FRAMES)))


def _check_unseen(footage: Footage, clips: Sequence[Clip]) -> None:
    """Refuse clips that are trained on: thresholds would come out too low."""
    trained = {}
    for clip in footage.clips:
        with suppress(SourceError):  # left out when it is read, and said so
            trained[_beginning(clip)] = clip.name
    for clip in clips:
        with suppress(SourceError):
            if (known := trained.get(_beginning(clip))) is not None:
                raise FootageError(
                    f"--calibration holds {clip.name}, which is trained on as {known}: thresholds "
                    "would come out too low. Give other normal footage, or --calibration 0.1 to "
                    "hold back a part of this."
                )
