"""Plain files of anybody's detector: scores, labels, boxes and tables of numbers."""
