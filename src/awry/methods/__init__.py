"""The systems: one file or folder each, behind the contract in `awry.methods.base`."""
