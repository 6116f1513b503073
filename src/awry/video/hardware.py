"""Video decoders in hardware, where `$AWRY_DECODE` asks for them; by default FFmpeg's own decode.

Frames of H.264, H.265, VP8 and VP9 with 8 or 10 bits are the same bit for bit: these codecs define
what a decoder gives. Files of other codecs are decoded in software; a live stream's codec is known
too late, and its frames may differ by a few grey levels.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import av
from av.codec.hwaccel import HWAccel, HWDeviceType
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from awry.errors import ConfigError, SourceError, nearest, warn_once
from awry.foreign import reason_of
from awry.video.container import main_video

VARIABLE = "AWRY_DECODE"
"""`none`, `auto`, or a kind of device with its number or path: `cuda:1`, `vaapi:/dev/dri/...`."""
ORDER = ("cuda", "videotoolbox", "vaapi", "d3d11va", "dxva2", "vdpau", "vulkan")
"""What `auto` tries."""
EXACT = ("h264", "hevc", "vp8", "vp9")
"""FFmpeg's names of codecs whose decoders all give the same pictures."""
_PLANAR = {"nv12": "yuv420p", "p010le": "yuv420p10le"}
"""How hardware gives pictures, and how software gives the same ones."""

Opening = Callable[[HWAccel | None], InputContainer]


def accelerator() -> HWAccel | None:
    """What `av.open` is given to decode in hardware; None: in software.

    Raises:
        ConfigError: `$AWRY_DECODE` names what is not there; says what is.
    """
    asked = os.environ.get(VARIABLE, "").strip() or "none"
    if asked == "none":
        return None
    if asked == "auto":
        found = openable()
        if not found:
            warn_once(f"${VARIABLE} is auto, and no hardware decodes video here: software does.")
        return HWAccel(found[0]) if found else None
    kind, _, device = asked.partition(":")
    trouble = _trouble(kind, device)
    if trouble:
        there = ", ".join(["none", "auto", *openable()])
        raise ConfigError(f"${VARIABLE} asks for '{asked}': {trouble}. Here it may be {there}.")
    return HWAccel(kind, device or None)


def built_in() -> tuple[str, ...]:
    """The kinds of devices that this PyAV was built to decode with, there or not."""
    configs = _h264().hardware_configs
    return tuple(one.device_type.name for one in configs if one.is_supported)


@cache
def openable() -> tuple[str, ...]:
    """The kinds of devices that decode here, the best first."""
    return tuple(kind for kind in ORDER if kind in built_in() and not _trouble(kind, ""))


@cache
def _trouble(kind: str, device: str) -> str:
    """Why a device cannot decode here, a clause; empty where it can."""
    kinds = [one.name for one in HWDeviceType if one.name != "none"]
    if kind not in kinds:
        return f"there is no such kind of device, {nearest(kind, ['auto', 'none', *kinds])}"
    if kind not in built_in():
        return f"this PyAV was built without it (with {', '.join(built_in()) or 'none'})"
    try:
        HWAccel(kind, device or None).create(_h264())
    except Exception as error:  # of FFmpeg, of the driver, or of a number that is none
        return f"it cannot be opened ({reason_of(error)})"
    return ""


def _h264() -> av.Codec:
    return av.Codec("h264", "r")


def opened(opening: Opening, codec: str, remark: Callable[[str], None]) -> InputContainer:
    """Open a file for decoding, in hardware where that is asked for and can be.

    Args:
        opening: opens it, with hardware or without.
        codec: FFmpeg's name of the video's.
        remark: told why it is decoded in software though hardware was asked for.

    Raises:
        SourceError: it cannot be opened.
        ConfigError: as `accelerator`.
    """
    device = accelerator()
    if device is None:
        return opening(None)
    if codec not in EXACT:
        remark(f"Decoded in software: of {codec} hardware may give other pictures.")
        return opening(None)
    try:
        container = opening(device)
    except SourceError:  # the device is taken; another error comes again
        container = opening(None)
        remark("Decoded in software: the hardware decoder could not be opened.")
        return container
    remark_of(container, remark)
    return container


def remark_of(container: InputContainer, remark: Callable[[str], None]) -> None:
    """Say where a container that was opened with hardware is decoded without it."""
    video = main_video(container)
    if video is not None and not video.codec_context.is_hwaccel:
        name = video.codec_context.name
        remark(f"Decoded in software: the hardware has no decoder of {name}.")


def fell_back(context: VideoCodecContext) -> bool:
    """Whether a decoder with hardware gives software's pictures: its format has components."""
    return context.format is not None and bool(context.format.components)


def as_software(picture: VideoFrame) -> VideoFrame:
    """A hardware decoder's picture, laid out as a software decoder's: colours come out alike."""
    planar = _PLANAR.get(picture.format.name)
    return picture if planar is None else picture.reformat(format=planar)
