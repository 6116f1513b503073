"""One camera: packets to clips, pictures to the grid of its detector."""
