"""From footage that was gathered to a detector that takes over."""
