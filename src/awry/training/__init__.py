"""Footage to fit on, the training loop with its checkpoints, and bundles."""
