"""Cameras that are drawn: scenes as functions of time, and how ingest reads them."""
