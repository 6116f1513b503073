"""Sifting an archive without labels: frames in, a ranking out, as a run's folder.

run.json             what was sifted and how; the learner's settings; which generation counts
scores.csv           every frame with its score, the generic detectors' and each round's
events.csv           the top-ranked moments, the strangest first
generations/N/       the learners (model.safetensors) and the scores that they gave
archive/             what the frozen stages said of every frame, for learning from feedback
feedback.jsonl       what a person marked (see `awry review`)
"""
