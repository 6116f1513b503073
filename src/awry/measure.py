"""Measuring the scores, boxes and alarms of any detector, as `awry.measure`.

Files and arrays are taken alike; nothing is printed, and nothing written unless it is asked for.
"""

from __future__ import annotations

from awry.evaluation.measured_events import MeasuredEvents, event
from awry.evaluation.measured_frames import MeasuredFrames, frame
from awry.evaluation.measured_regions import MeasuredRegions, region

__all__ = ["MeasuredEvents", "MeasuredFrames", "MeasuredRegions", "event", "frame", "region"]
