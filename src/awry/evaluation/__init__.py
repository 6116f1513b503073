"""Measuring a detector, ours or anybody's: pure functions, the protocol, the report."""
