"""One process that holds detectors and scores the cameras that share them."""
