"""The site's file: read at start, and again whenever it changes; a broken one changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from awry.errors import AwryError, ConfigError
from awry.watch.site.diff import diff
from awry.watch.site.model import Site
from awry.watch.site.read import ReadSite, read_site

LOOK_S = 2.0
_Signature = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings that are to be used now.

    Attributes:
        site: with the settings of before for cameras whose new ones are broken.
        misconfigured: cameras that cannot run -> why.
        said: what changed, or sentences on what could not be taken over; for people.
        refused: whether something could not be.
    """

    site: Site
    misconfigured: Mapping[str, str]
    said: str
    refused: bool = False


class SiteFile:
    """A site's file, and what of it is in use.

    Args:
        path: the file.
        read: reads it; raises errors of ours.
    """

    def __init__(self, path: Path, read: Callable[[Path], ReadSite] = read_site) -> None:
        self.path, self._read = path, read
        self._signature: _Signature = None
        self._looked_at = float("-inf")
        self._used: Site | None = None

    def first(self) -> Loaded:
        """The settings at the start.

        Raises:
            AwryError: the file cannot be used as a whole.
        """
        self._signature = _signature(self.path)
        read = self._read(self.path)
        self._used = read.site
        said = " ".join([*(str(one) for one in read.warnings), *read.misconfigured.values()])
        return Loaded(read.site, dict(read.misconfigured), said, bool(read.misconfigured))

    def changed(self, now: float) -> bool:
        """Whether the file is another than when it was read last; looked at every few seconds.

        Args:
            now: seconds of a clock that only grows.
        """
        if now - self._looked_at < LOOK_S:
            return False
        self._looked_at = now
        signature = _signature(self.path)
        # A file that is gone for a moment is being replaced.
        return signature is not None and signature != self._signature

    def again(self) -> Loaded:
        """The settings of now, after `first`.

        A camera whose new settings are broken keeps those of before; so does the whole site where
        the file cannot be used, or changes what needs a new start.
        """
        assert self._used is not None
        before = self._used
        self._signature = _signature(self.path)
        try:
            read = self._read(self.path)
            difference = diff(before, read.site)
            if difference.restart:
                raise ConfigError(
                    f"{' and '.join(difference.restart)} cannot change while the site runs; "
                    "end it and start it again."
                )
        except AwryError as error:
            said = f"The settings stay as they were: {error}"
            return Loaded(before, {}, said, refused=True)
        kept = {name: before.cameras[name] for name in read.misconfigured if name in before.cameras}
        site = read.site.model_copy(update={"cameras": {**read.site.cameras, **kept}})
        broken = {name: why for name, why in read.misconfigured.items() if name not in kept}
        sentences = [f"{diff(before, site).words}."]
        sentences += [f"{why} It runs on as before." for name, why in _of(kept, read.misconfigured)]
        sentences += broken.values()
        self._used = site
        return Loaded(site, broken, " ".join(sentences), bool(read.misconfigured))


def _of(names: Mapping[str, object], said: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, said[name]) for name in names]


def _signature(path: Path) -> _Signature:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
