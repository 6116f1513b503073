"""The object detectors of a bundle: exported with it, and compared with their originals again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import ConfigError
from awry.exporting.boxes import compare_boxes, too_different
from awry.exporting.detectors import (
    DetectorTarget,
    Seen,
    alternating,
    export_network,
    exportable,
    random_pictures,
    seen_by,
)
from awry.exporting.ranges import inputs_on
from awry.progress import Reporter
from awry.teachers.objects.onnx import NetworkDetector


def original_detectors(detector: Detector) -> list[tuple[str, NetworkDetector]]:
    """`KIND:WHAT` of each object detector with a network in a file; all that were loaded.

    Raises:
        ConfigError: there is none.
    """
    every = [pair for model in detector.models.values() for pair in model.object_detectors()]
    if not every:
        raise ConfigError(f"{detector.method} asks no object detector: leave out --with-detector.")
    found = [(what, one) for what, one in every if what.partition(":")[0] == "onnx"]
    return [(what, exportable(what, one)) for what, one in found or every]


def exported_detectors(
    originals: Sequence[tuple[str, NetworkDetector]],
    seen: Mapping[str, Seen],
    target: DetectorTarget,
    reporter: Reporter | None,
) -> tuple[dict[str, dict[str, Any]], dict[str, bytes]]:
    """What the manifest says of each detector, and the files; one for all with the same file.

    Args:
        originals: as `original_detectors`.
        seen: hash of a detector's file -> pictures of normal footage that it was shown.
        target: what to export to.
        reporter: told what is tried.

    Raises:
        ConfigError, ExportError, MissingError: as `export_network`.
    """
    facts: dict[str, dict[str, Any]] = {}
    files: dict[str, bytes] = {}
    known: dict[str, dict[str, Any]] = {}
    for what, original in originals:
        content = original.opened.content
        if content not in known:
            pictures = seen[content].pictures
            if not pictures and target.precision == "fp32":
                pictures = random_pictures(original)
            stem = "detector" if not known else f"detector-{len(known)}"
            own, boxes = export_network(original, target, pictures, stem, reporter)
            files |= own
            known[content] = {
                "file": next(iter(own)),
                "name": original.opened.name,
                "content": content,
                **target.facts(),
                "boxes": boxes.to_json(),
            }
        facts[what] = known[content]
    return facts, files


def check_detectors(
    eager: Detector, exported: Detector, footage: Sequence[Clip]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Compare exported object detectors with their originals again.

    Args:
        eager: the bundle in PyTorch, with the originals.
        exported: the same as it was exported.
        footage: normal clips; none: noise is taken.

    Returns:
        `BoxParity` of each as plain values, by `KIND:WHAT`; and a sentence for each that is too
        far.
    """
    facts = exported.facts.export
    if facts is None or not facts.detectors:
        return {}, []
    originals = [pair for pair in original_detectors(eager) if pair[0] in facts.detectors]
    with seen_by(one for _, one in originals) as seen:
        if footage:
            inputs_on(eager, footage)
    stand_ins = {what: one for m in exported.models.values() for what, one in m.object_detectors()}
    found: dict[str, dict[str, Any]] = {}
    failed = []
    for what, original in originals:
        stand_in, about = stand_ins[what], facts.detectors[what].model_dump()
        if what in found or not isinstance(stand_in, NetworkDetector):
            continue
        pictures = seen[original.opened.content].pictures or random_pictures(original)
        found[what] = compare_boxes(original, stand_in, alternating(pictures)[1]).to_json()
        if said := too_different(found[what], about):
            failed.append(f"{said} Export the bundle again on this machine.")
    return found, failed
