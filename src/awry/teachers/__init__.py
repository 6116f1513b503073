"""Adapters over well-kept libraries: optical flow, image features, object detectors. One file per role."""
