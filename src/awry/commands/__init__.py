"""What the commands do, one file each; `awry.cli` parses and prints."""
