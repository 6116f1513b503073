"""What a bundle's manifest tells of its fit, beside the models and their calibration."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

# Other keys may stand beside these: a bundle may come from another version.
_FROZEN = ConfigDict(extra="allow", strict=True, frozen=True)
_Span = Annotated[list[Any], Field(min_length=3, max_length=3)]


class SplitFacts(BaseModel):
    """Which shares of the footage were to be held back, as `awry.training.split.Split`."""

    model_config = _FROZEN

    validation: int | float
    calibration: int | float
    per_clip: bool


class FootageFacts(BaseModel):
    """The footage of a fit.

    Attributes:
        layout, variant: of the data set.
        fps: frames per second as the layout says, before thinning; None where videos know theirs.
        fingerprint: SHA-256 over files, thinning and ignored regions.
        scenes: names of its scenes.
        parts: `train`, `validation` and `calibration`, each as clip, first frame, and the frame
            after the last; empty where nothing was held back.
        split: the shares that were asked for, and whether each clip was cut by itself; None in
            bundles from before it was kept.
        calibrated_on: layout, variant, rate, fingerprint and scenes of other footage that the
            calibration part is of; None: of the same.
        every: each so many-th frame was taken.
        notes, failed: what was odd, and what could not be read, in sentences.
    """

    model_config = _FROZEN

    layout: str
    variant: str
    fps: int | float | None
    fingerprint: str
    scenes: list[str]
    parts: dict[str, list[_Span]]
    split: SplitFacts | None = None
    calibrated_on: dict[str, Any] | None = None
    every: int = Field(ge=1)
    notes: list[str]
    failed: list[str]


class ExportedDetectorFacts(BaseModel):
    """An object detector whose network was exported too.

    Attributes:
        file: the network's, in the bundle.
        name, content: of the original, `KIND:FILE` and a hash of it.
        precision: `fp32` or `int8`.
    """

    model_config = _FROZEN

    file: str
    name: str
    content: str
    precision: str


class ExportFacts(BaseModel):
    """How a bundle was exported; what was measured then stands beside these.

    Attributes:
        runtime: `onnx` or `openvino`.
        precision: `fp32` or `int8`.
        networks: stem of a model's file -> network -> its file.
        detectors: object detector, as the settings name it -> its exported network; empty where
            detectors were not exported.
    """

    model_config = _FROZEN

    runtime: str
    precision: str
    networks: dict[str, dict[str, str]]
    detectors: dict[str, ExportedDetectorFacts] = Field(default_factory=dict)


class Facts(BaseModel):
    """How a detector was fitted.

    Attributes:
        preset, seed: as they were given.
        data: the footage.
        history: scene -> for each epoch its losses and whatever else was measured.
        fit_seconds: how long it took.
        versions: library -> version.
        machine: the system that it was fitted on.
        export: None unless it was exported.

    Raises:
        ValidationError: a value is missing or of another type; to be raised inside of `reading`.
    """

    model_config = _FROZEN

    preset: str
    seed: int
    data: FootageFacts
    history: dict[str, list[dict[str, Any]]]
    fit_seconds: int | float
    versions: dict[str, str]
    machine: Any = None
    export: ExportFacts | None = None

    def to_manifest(self) -> dict[str, Any]:
        """As plain values, with the keys that were read and no others."""
        facts = self.model_dump(exclude_unset=True)
        if facts.get("export", {}) is None:
            del facts["export"]
        return facts

    def without_export(self) -> Facts:
        """The facts of the bundle that an exported one was made from."""
        return self.model_copy(update={"export": None})
