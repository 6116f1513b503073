"""A camera's address is tried: which streams there are, and a picture.

Run as a program it reads the address from standard input; see `tried.try_address`.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import AwryError
from awry.frames import Frame
from awry.video.address import redact, without_addresses
from awry.watch.checking.apart import limit_ourselves, said
from awry.watch.checking.cameras import LOOK_S, Opener, open_live, watched

CONNECT_S = READ_S = 8.0
LONGEST_S = 30
WIDEST = 960
"""Pixels of the picture that is given."""
_QUALITY = 85


def trial(address: str, opener: Opener = open_live, *, seconds: float = LOOK_S) -> dict[str, Any]:
    """Open a stream for some seconds.

    Args:
        address: of the stream, with its password.
        opener: opens it.
        seconds: for so long its pictures are counted.

    Returns:
        `problem`: a sentence without secrets, empty where it works; `width` and `height` in pixels
        and `rate` in pictures a second, as they came; `streams`, each as `HeldStream`; `picture`:
        the newest one as JPEG, in base64.
    """
    found: dict[str, Any] = {"problem": "", "streams": []}
    try:
        source = opener(address, CONNECT_S, READ_S)
        try:
            found["streams"] = [asdict(one) for one in getattr(source, "streams", ())]
            kept = _Newest(source)
            seen = watched(kept, seconds)
            found |= asdict(seen)
            if kept.image is not None:
                found["picture"] = base64.b64encode(_jpeg(kept.image)).decode()
        finally:
            getattr(source, "close", lambda: None)()
    except AwryError as error:
        found["problem"] = without_addresses(str(error), [address])
    except Exception as error:  # a fault of a decoder is that stream's
        found["problem"] = f"{redact(address)} cannot be read: {type(error).__name__}."
    return found


class _Newest:
    """A source that remembers its newest picture."""

    def __init__(self, source: Any) -> None:
        self._source, self.fps = source, source.fps
        self.image: NDArray[np.uint8] | None = None

    def __iter__(self) -> Any:
        frame: Frame
        for frame in self._source:
            self.image = frame.image
            yield frame


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((WIDEST, WIDEST))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _main() -> int:
    limit_ourselves(LONGEST_S)
    said(trial(str(json.load(sys.stdin)["address"])))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
