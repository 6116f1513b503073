"""Adapters over well-kept libraries: optical flow, image features, objects. One file per role."""
