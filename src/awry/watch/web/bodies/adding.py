"""Cameras that are to be added: their addresses, what was tried, what this machine carries."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from awry.watch.site.model import Name
from awry.watch.web.bodies.base import Given, Taken


class StreamAddress(Taken):
    """The address of a camera's stream. It is never given back."""

    address: SecretStr = Field(
        min_length=1, max_length=2000, description="E.g. `rtsp://192.168.1.20/stream2`."
    )
    user: str = Field("", max_length=200, description="Of the camera, where it asks for one.")
    password: SecretStr = Field(
        SecretStr(""), max_length=200, description="Likewise; any signs, not encoded."
    )


class TriedStreamBody(Given):
    """A stream at an address."""

    kind: str = Field(description="`video` or `audio`.")
    codec: str = Field(description="E.g. `h264`.")
    width: int = Field(description="Pixels; 0: not known, or no video.")
    height: int = Field(description="Likewise.")
    rate: float | None = Field(description="Pictures a second as claimed; null: not known.")
    read: bool = Field(description="Whether it is the one that is scored.")
    browsers: str = Field(
        description="`video`: browsers play it; `some`: not all do; `pictures`: they see "
        "pictures; `none`: it is no video."
    )


class TriedBody(Given):
    """What came of trying an address."""

    problem: str = Field(description="Why it does not work, for people; empty: it does.")
    width: int = Field(description="Pixels of the pictures that came; 0: none did.")
    height: int = Field(description="Likewise.")
    rate: float | None = Field(description="Pictures a second as counted; null: not known.")
    streams: list[TriedStreamBody] = Field(description="All that is there.")
    remarks: list[str] = Field(description="What works, but not well, for people.")
    picture: str = Field(description="The newest picture as JPEG in base64; empty: none came.")


class NewCamera(Taken):
    """A camera that is to be watched."""

    name: Name = Field(description="Small letters, digits, - and _.")
    detect: StreamAddress = Field(description="The stream that is scored.")
    record: StreamAddress | None = Field(
        None, description="The stream that clips are cut from; null: the one that is scored."
    )
    recording: Literal["copy", "masked", "off"] = Field(
        "copy", description="`copy`: as it came; `masked`: ignored regions black; `off`: no clips."
    )
    audio: bool = Field(False, description="Whether clips keep sound.")
    budget: str | None = Field("2/day", max_length=40, description="Alarms that are allowed.")
    learn_s: float = Field(
        86_400.0,
        ge=600,
        le=30 * 86_400,
        allow_inf_nan=False,
        description="Seconds of footage that it learns from.",
    )
    method: str = Field("", max_length=64, description="That it learns; empty: the usual one.")
    days: float | None = Field(
        None,
        gt=0,
        le=3650,
        allow_inf_nan=False,
        description="Clips of all cameras are kept for so many days; null: as now.",
    )
    version: str | None = Field(
        None, max_length=64, description="Of the site's file that this was made for."
    )


class FoundCameraBody(Given):
    """A device of the network that says it is a camera; nothing of it is checked."""

    host: str = Field(description="Its address in the network.")
    name: str = Field(description="As it says; may be empty.")
    hardware: str = Field(description="Likewise.")
    location: str = Field(description="Likewise.")
    known: bool = Field(description="Whether a camera of this site has that host.")


class FoundCameras(Given):
    """Who answered a WS-Discovery probe."""

    cameras: list[FoundCameraBody] = Field(description="By address.")


class MeasureWish(Taken):
    """What this machine is to be measured for."""

    method: str = Field("", max_length=64, description="A method's name; empty: the usual one.")
    width: int = Field(640, ge=64, le=4096, description="Pixels of the camera's pictures.")
    height: int = Field(360, ge=64, le=4096, description="Likewise.")
    rate: float = Field(
        10.0, gt=0, le=60, allow_inf_nan=False, description="Pictures a second that are scored."
    )


class MeasuredBody(Given):
    """What this machine carries."""

    method: str = Field(description="The method that was measured.")
    rate: float = Field(description="Pictures a second that one core scores with it.")
    used: float = Field(
        description="The share of this machine that the cameras of now take; at most 0.7 should be."
    )
    carries: int = Field(description="So many more such cameras fit.")


class MachineBody(Given):
    """How far a measurement of this machine is."""

    methods: list[str] = Field(description="That can be asked for; some need more than a camera.")
    step: str = Field(
        description="`cameras` or `method`, which is being measured; empty: nothing is."
    )
    share: float = Field(description="Of all that is done, in [0, 1].")
    found: MeasuredBody | None = Field(description="What came of the last; null: nothing.")
    problem: str = Field(description="Why nothing did, for people; may be empty.")


class LearningBody(Given):
    """How far a camera is on its way to a detector."""

    learning: bool = Field(description="Whether it learns, or is to learn, its first detector.")
    since: float | None = Field(description="When its first footage came; null: none did.")
    until: float | None = Field(
        description="When footage will have been gathered; the fit follows. Null: not known."
    )
    seconds: float = Field(description="So long footage is gathered.")
    fitting: bool = Field(description="Whether a detector is being fitted now.")
