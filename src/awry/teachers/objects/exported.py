"""Networks of exported bundles that answer in the place of a detector's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from awry.devices import PROCESSOR, Compute
from awry.teachers.objects.options import DetectorOptions

if TYPE_CHECKING:
    from awry.teachers.objects.base import ObjectDetector


@dataclass(frozen=True, slots=True)
class ExportedNetwork:
    """A detector's network as an exported bundle carries it; the original need not be there.

    Attributes:
        file: the network.
        runtime: `onnx` or `openvino`.
        name: of the original, `KIND:FILE`.
        content: of the original, its hash. Name, content and options are what a bundle knows its
            detector by.
    """

    file: Path
    runtime: str
    name: str
    content: str

    def detector(self, options: DetectorOptions, compute: Compute = PROCESSOR) -> ObjectDetector:
        """The detector, which says of itself that it is the original.

        Raises:
            ConfigError, MissingError: as `file_detector`.
        """
        from awry.teachers.objects.onnx import file_detector

        original = self.name, self.content
        return file_detector(self.runtime, str(self.file), options, original, compute=compute)


NOTHING_EXPORTED: Mapping[str, ExportedNetwork] = {}  # a proxy could not be copied or sent
