"""A whole site in one process on a clock of its own; cameras, faults and receivers are made up."""
