"""From raw scores to alarms: filling, smoothing, normalisation, maps, calibration, events."""
