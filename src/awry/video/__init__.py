"""Files, folders and live streams become frames; frames become video again.

The names below are loaded when they are first used, so that importing this package stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awry.video.cache import CachedClip, FrameCache, fingerprint
    from awry.video.files import VideoFile
    from awry.video.ignore import IgnoreRegions
    from awry.video.images import ImageFolder
    from awry.video.live import Camera, LiveStream
    from awry.video.memory import ArraySource
    from awry.video.open import Found, FoundSource, find_sources, list_sources, open_source
    from awry.video.overlay import Mark, draw_overlay, heat_image
    from awry.video.pictures import resized
    from awry.video.reader import Reader
    from awry.video.reconnect import Reconnecting
    from awry.video.source import Source, SourceHealth
    from awry.video.thin import Thinned
    from awry.video.writer import VideoWriter

__all__ = [
    "ArraySource",
    "CachedClip",
    "Camera",
    "Found",
    "FoundSource",
    "FrameCache",
    "IgnoreRegions",
    "ImageFolder",
    "LiveStream",
    "Mark",
    "Reader",
    "Reconnecting",
    "Source",
    "SourceHealth",
    "Thinned",
    "VideoFile",
    "VideoWriter",
    "draw_overlay",
    "find_sources",
    "fingerprint",
    "heat_image",
    "list_sources",
    "open_source",
    "resized",
]

_MODULES = {
    "cache": ("CachedClip", "FrameCache", "fingerprint"),
    "files": ("VideoFile",),
    "ignore": ("IgnoreRegions",),
    "images": ("ImageFolder",),
    "live": ("Camera", "LiveStream"),
    "memory": ("ArraySource",),
    "open": ("Found", "FoundSource", "find_sources", "list_sources", "open_source"),
    "overlay": ("Mark", "draw_overlay", "heat_image"),
    "pictures": ("resized",),
    "reader": ("Reader",),
    "reconnect": ("Reconnecting",),
    "source": ("Source", "SourceHealth"),
    "thin": ("Thinned",),
    "writer": ("VideoWriter",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
