"""awry: learns what is normal for a fixed camera and says when, where and why something is not.

import awry

detector = awry.fit("daml", "footage/", out="bundle", preset="cpu")
scorer = awry.load("bundle").scorer()
for frame in awry.open_source("video.mp4"):
    for score in scorer.push(frame):
        print(score.index, score.score)
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.calls import known_options
from awry.version import __version__

if TYPE_CHECKING:
    from awry.datasets.base import Dataset
    from awry.detector import Detector

__all__ = [
    "AwryError",
    "Event",
    "Frame",
    "FrameScore",
    "__version__",
    "fit",
    "load",
    "open_dataset",
    "open_source",
]

# Imported where they are used: `import awry` stays fast.
_LAZY = {
    "AwryError": "awry.errors",
    "Event": "awry.frames",
    "Frame": "awry.frames",
    "FrameScore": "awry.frames",
    "open_dataset": "awry.datasets",
    "open_source": "awry.video",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'awry' has no attribute '{name}'")


def fit(method: str, data: str | Path | Dataset, *, out: str | Path, **options: Any) -> Detector:
    """Fit a detector on normal footage and save its bundle.

    Args:
        method: a registered method's name, e.g. `daml`.
        data: a folder in a layout that `awry datasets` lists, or an opened data set.
        out: the bundle's folder.
        options: the fields of `awry.fitting.FitOptions`, e.g. `preset`, `seed`, `changes`; a
            budget and exclusions also as the command line takes them, e.g. `budget="1/day"`.

    Raises:
        ConfigError: an unknown option (suggests the nearest) or a value of another type.
        AwryError: as the tree in `awry.errors` says.
    """
    from awry.datasets import open_dataset
    from awry.datasets.base import Dataset
    from awry.fitting import fit as fit_detector
    from awry.fitting import fit_options
    from awry.training.footage import remove_working_folder

    settings = fit_options(**options)
    found = data if isinstance(data, Dataset) else open_dataset(data)
    detector = fit_detector(method, found, Path(out), settings)
    detector.save(out)
    remove_working_folder(Path(out), settings.cache)
    return detector


@known_options
def load(bundle: str | Path) -> Detector:
    """Read a bundle.

    Raises:
        ConfigError: an unknown option; suggests the nearest.
        BundleError: no bundle, damaged, foreign, or from a newer version.
    """
    from awry.detector import Detector

    return Detector.load(bundle)
