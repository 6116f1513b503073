"""Hardware decoders: what is refused, what is said, and that pictures come out alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.codec.hwaccel import HWAccel, HWDeviceType

from awry.errors import ConfigError, SourceError, warn_once
from awry.frames import Frame
from awry.video import hardware
from awry.video.files import VideoFile
from awry.video.hardware import (
    VARIABLE,
    accelerator,
    as_software,
    built_in,
    fell_back,
    openable,
    opened,
)


class Device:
    """Stands for a device that opens, or does not."""

    def __init__(self, kind: str, device: str | None, opens: bool) -> None:
        self.asked, self.opens = (kind, device), opens

    def create(self, _: av.Codec) -> None:
        if not self.opens:
            raise PermissionError(1, "Operation not permitted")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Says what `$AWRY_DECODE` is, and which kinds of devices are built in and can be opened."""

    def say(asked: str, built: tuple[str, ...] = (), opens: tuple[str, ...] = ()) -> None:
        monkeypatch.setenv(VARIABLE, asked)
        monkeypatch.setattr(hardware, "built_in", lambda: built)
        monkeypatch.setattr(
            hardware, "HWAccel", lambda kind, device=None: Device(kind, device, kind in opens)
        )
        forget()

    yield say
    forget()


def forget() -> None:
    for kept in (openable, hardware._trouble, warn_once):
        kept.cache_clear()


def test_by_default_software_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert accelerator() is None
    for nothing in ("", "none", " none "):
        monkeypatch.setenv(VARIABLE, nothing)
        assert accelerator() is None


def test_auto_takes_the_best_that_opens(here: Callable[..., None]) -> None:
    here("auto", built=("vaapi", "vulkan", "cuda"), opens=("vaapi", "vulkan"))
    device: Any = accelerator()
    assert device.asked == ("vaapi", None)


def test_auto_without_any_device_says_so_once(here: Callable[..., None]) -> None:
    here("auto", built=("cuda",))
    with pytest.warns(UserWarning, match="no hardware decodes video here: software does"):
        assert accelerator() is None
    assert accelerator() is None  # another warning would be an error


@pytest.mark.parametrize(
    ("asked", "device"),
    [("cuda", None), ("cuda:1", "1"), ("vaapi:/dev/dri/renderD129", "/dev/dri/renderD129")],
)
def test_a_device_by_its_number_or_path(
    here: Callable[..., None], asked: str, device: str | None
) -> None:
    here(asked, built=("cuda", "vaapi"), opens=("cuda", "vaapi"))
    found: Any = accelerator()
    assert found.asked == (asked.partition(":")[0], device)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("cudo", r"no such kind of device, did you mean 'cuda'\?"),
        ("videotoolbox", r"this PyAV was built without it \(with cuda, vaapi\)"),
        ("cuda", r"it cannot be opened \(.*Operation not permitted.*\)"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    here: Callable[..., None], asked: str, why: str, tmp_path: Path
) -> None:
    here(asked, built=("cuda", "vaapi"), opens=("vaapi",))
    expected = rf"AWRY_DECODE asks for '{asked}': .*{why}.* Here it may be none, auto, vaapi\."
    with pytest.raises(ConfigError, match=expected):
        accelerator()
    with pytest.raises(ConfigError, match="AWRY_DECODE"):
        VideoFile(tmp_path / "any.mp4")


def test_what_this_build_has_is_known_to_it() -> None:
    assert set(built_in()) <= {one.name for one in HWDeviceType}
    assert set(openable()) <= set(built_in())


def frames(path: Path) -> tuple[list[Frame], list[str]]:
    source = VideoFile(path)
    return list(source), source.health.remarks


@pytest.mark.parametrize(
    ("kind", "codec", "said"),
    [
        ("cuda", "libx264", "the hardware decoder could not be opened"),
        ("qsv", "libx264", "the hardware has no decoder of h264"),
        ("cuda", "mpeg4", "of mpeg4 hardware may give other pictures"),
    ],
)
def test_where_hardware_cannot_decode_software_does_and_it_is_said(
    make_video, monkeypatch: pytest.MonkeyPatch, kind: str, codec: str, said: str
) -> None:
    if codec not in av.codecs_available or kind in openable():
        pytest.skip("needs an encoder, and a machine without that hardware")
    path = make_video("a.mp4", codec, n=8)
    plain, _ = frames(path)
    # A device as PyAV has it, which this machine has not.
    monkeypatch.setattr("awry.video.hardware.accelerator", lambda: HWAccel(kind))
    found, remarks = frames(path)
    assert [said in one for one in remarks] == [True]
    assert len(found) == len(plain) == 8
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_what_cannot_be_opened_at_all_raises_its_own_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("awry.video.hardware.accelerator", lambda: HWAccel("cuda"))
    remarks: list[str] = []

    def opening(device: HWAccel | None) -> Any:
        raise SourceError(f"gone {device is None}")

    with pytest.raises(SourceError, match="gone True"):
        opened(opening, "h264", remarks.append)
    assert not remarks


def soft(size: tuple[int, int], format: str) -> av.VideoFrame:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 2)
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=format)


@pytest.mark.parametrize("size", [(96, 128), (97, 131), (720, 1280)])
@pytest.mark.parametrize("colours", [(1, 1), (2, 5), (1, 9)])
def test_the_layout_of_hardware_costs_no_bit(
    size: tuple[int, int], colours: tuple[int, int]
) -> None:
    picture = soft(size, "yuv420p")
    picture.color_range, picture.colorspace = colours
    picture.pts, picture.opaque = 7, object()
    hard = picture.reformat(format="nv12")
    back = as_software(hard)
    assert back.format.name == "yuv420p"
    assert (back.pts, back.opaque) == (7, picture.opaque)  # which tell the packet it came from
    same = picture.to_ndarray(format="rgb24")
    np.testing.assert_array_equal(back.to_ndarray(format="rgb24"), same)
    assert as_software(picture) is picture


def test_ten_bits_are_alike_too() -> None:
    """Of even sizes: at the edge of odd ones FFmpeg's own conversion to p010 is not to be had."""
    picture = soft((96, 128), "yuv420p10le")
    back = as_software(picture.reformat(format="p010le"))
    assert back.format.name == "yuv420p10le"
    same = picture.to_ndarray(format="rgb24")
    np.testing.assert_array_equal(back.to_ndarray(format="rgb24"), same)


def test_a_decoder_that_gave_up_its_hardware_is_told_by_its_format() -> None:
    assert fell_back(SimpleNamespace(format=av.VideoFormat("yuv420p")))  # type: ignore[arg-type]
    assert not fell_back(SimpleNamespace(format=av.VideoFormat("cuda")))  # type: ignore[arg-type]
