"""What changed between two versions of a site's settings, and which processes it touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awry.watch.site.model import Camera, Part, Site

_INGEST, _SCORER, _KEEPER = "ingest", "scorer", "keeper"
# Who reads a camera's setting; the supervisor gives each its portion anew.
_CAMERA_READERS: Mapping[str, tuple[str, ...]] = {
    "detect": (_INGEST,),
    "record": (_INGEST,),
    "enabled": (_INGEST, _SCORER, _KEEPER),
    "bundle": (_INGEST, _SCORER, _KEEPER),
    "learn": (_INGEST, _KEEPER),
    "scene": (_SCORER, _KEEPER),
    "budget": (_KEEPER,),
    "armed": (_KEEPER,),
    "zones": (_KEEPER,),
    "ignore": (_INGEST, _SCORER),
    "cooldown_s": (_KEEPER,),
    "pre_roll_s": (_INGEST, _KEEPER),
    "post_roll_s": (_INGEST, _KEEPER),
    "longest_event_s": (_KEEPER,),
    "recording": (_INGEST, _KEEPER),
    "audio": (_INGEST,),
    "connect_timeout_s": (_INGEST,),
    "read_timeout_s": (_INGEST,),
}
_SITE_READERS: Mapping[str, tuple[str, ...]] = {
    "name": (_KEEPER, "courier", "web"),
    "timezone": (_KEEPER, "web"),
    "scorers": (_SCORER,),
    "load": (),
    "device": (_SCORER,),
    "retention": (_KEEPER,),
    "web": ("web",),
    "mqtt": (_KEEPER, "courier"),
    "notify": (_KEEPER, "courier"),
    "webhooks": (_KEEPER, "courier"),
    "schedules": (_KEEPER,),
    "synthetic": (),
}
RESTART = ("store", "database")
"""What no running process can change: the site is to be ended and started again."""


@dataclass(frozen=True, slots=True)
class SiteDiff:
    """What changed.

    Attributes:
        added, removed: cameras that are only in the new settings, or only in the old ones.
        changed: camera that is in both -> its settings that differ.
        site: settings of the site itself that differ.
        processes: kinds of processes that get other settings, e.g. `keeper`, but for cameras'.
        cameras: cameras whose own process (`ingest`) gets other settings or comes or goes.
        scored: cameras whose scoring changes: they get a fresh scorer.
        restart: settings among `site` that need the site to be ended and started again.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    site: tuple[str, ...]
    processes: frozenset[str]
    cameras: tuple[str, ...]
    scored: tuple[str, ...]
    restart: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return not (self.added or self.removed or self.changed or self.site)

    @property
    def words(self) -> str:
        """For people and the log, without values."""
        parts = [f"camera {name} added" for name in self.added]
        parts += [f"camera {name} removed" for name in self.removed]
        parts += [f"camera {name}: {', '.join(keys)}" for name, keys in self.changed.items()]
        parts += [", ".join(self.site)] if self.site else []
        return "; ".join(parts) or "nothing changed"


def diff(old: Site, new: Site) -> SiteDiff:
    """Compare two versions of a site's settings.

    Cameras with mistakes are in neither, see `read.ReadSite`: one that is mended counts as added.
    """
    added = tuple(name for name in new.cameras if name not in old.cameras)
    removed = tuple(name for name in old.cameras if name not in new.cameras)
    changed = {
        name: keys
        for name, camera in new.cameras.items()
        if name in old.cameras and (keys := _differing(old.cameras[name], camera, Camera))
    }
    site = tuple(key for key in _differing(old, new, Site) if key != "cameras")
    readers = {name: _readers(_CAMERA_READERS, keys) for name, keys in changed.items()}
    both = (*added, *removed)
    processes = _readers(_SITE_READERS, site).union(*readers.values()) - {_INGEST}
    if both:  # who lists all cameras
        processes |= {_KEEPER, _SCORER, "courier", "web"}
    return SiteDiff(
        added,
        removed,
        changed,
        site,
        processes,
        (*both, *(name for name, kinds in readers.items() if _INGEST in kinds)),
        (*both, *(name for name, kinds in readers.items() if _SCORER in kinds)),
        tuple(key for key in site if key in RESTART),
    )


def _differing(old: Part, new: Part, kind: type[Part]) -> tuple[str, ...]:
    return tuple(key for key in kind.model_fields if getattr(old, key) != getattr(new, key))


def _readers(table: Mapping[str, tuple[str, ...]], keys: tuple[str, ...]) -> frozenset[str]:
    return frozenset(kind for key in keys for kind in table.get(key, ()))
