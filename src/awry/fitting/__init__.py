"""Fitting a detector: footage in, model and thresholds out.

`run.fit` is `awry.fit`: it fits, saves the bundle with its page of strangest moments, and removes
what the fit kept on the way. `detector.fit_detector` is its first half, which saves nothing.
`fuse.fuse` is `awry.fuse`: fitted bundles as one detector.
"""

from awry.fitting.detector import fit_detector
from awry.fitting.options import FitOptions, teacher_settings
from awry.fitting.result import FitResult, StrangestMoment
from awry.fitting.run import fit, fit_and_save

__all__ = [
    "FitOptions",
    "FitResult",
    "StrangestMoment",
    "fit",
    "fit_and_save",
    "fit_detector",
    "teacher_settings",
]
