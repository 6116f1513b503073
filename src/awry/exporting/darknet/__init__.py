"""Networks of Darknet, the program that YOLOv3 was published with: its two files, in PyTorch.

`settings` reads the `.cfg`, `weights` the binary file, and `network` builds what they describe.
Written from the formats as the published program reads them.
"""
