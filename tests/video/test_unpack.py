from __future__ import annotations

import av
import pytest

from awry.video.unpack import _is_hidden


@pytest.mark.parametrize(
    ("codec", "data", "hidden"),
    [
        ("vp8", b"\x10\x00", False),  # show_frame is bit 4
        ("vp8", b"\x01\x00", True),
        ("vp9", b"\x82\x00", False),  # marker 2, profile 0, show_frame
        ("vp9", b"\x80\x00", True),
        ("vp9", b"\x88\x00", False),  # shows a frame that exists
        ("vp9", b"\x80\xc0", False),  # the last byte says that it holds several frames
        ("vp9", b"\x00\x00", False),  # no marker: it is broken
        ("h264", b"\x00\x00", False),
    ],
)
def test_references_alone_are_no_pictures(codec: str, data: bytes, hidden: bool) -> None:
    assert _is_hidden(codec, av.Packet(data)) == hidden
