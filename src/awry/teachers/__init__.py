"""Adapters over well-kept libraries: optical flow, image features. One file per role."""
