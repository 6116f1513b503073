"""`awry watch demo`: a site of drawn cameras, with a past that their detectors really scored."""
