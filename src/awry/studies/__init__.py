"""Runs of many measurements: published tables, robustness, speed, the demo."""
