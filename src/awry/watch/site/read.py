"""A site's settings from its YAML file, with every mistake found at once.

A mistake of one camera is that camera's alone: the others run. A mistake of anything else stops the
file as a whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from awry.errors import ConfigError
from awry.watch.site.model import Camera, Name, Site
from awry.watch.site.prepare import Preparation
from awry.watch.site.problems import Place, Problem, SiteError
from awry.watch.site.rules import Found, camera_problems, clashes, oddities, site_problems
from awry.watch.site.yaml_text import LARGEST_BYTES, Document, read_yaml

DEFAULTS, CAMERAS = "defaults", "cameras"
ANYWHERE = "http://camera"
_NAME = TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class ReadSite:
    """Settings that were read.

    Attributes:
        path: the file.
        version: SHA-256 of its bytes in hexadecimal, to tell whether it changed.
        site: the settings; cameras with mistakes are not in it.
        misconfigured: name of such a camera -> a sentence or more for people, without secrets;
            without cameras whose name itself is the mistake.
        problems: the mistakes of cameras, in the file's order.
        warnings: what works, but is hardly meant.
    """

    path: Path
    version: str
    site: Site
    misconfigured: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All cameras of the file, those with mistakes too."""
        return (*self.site.cameras, *self.misconfigured)


def read_site(path: str | Path, *, environment: Mapping[str, str] | None = None) -> ReadSite:
    """Read a site's file.

    Args:
        path: a YAML file; relative paths in it start at its folder.
        environment: name -> value, for `${NAME}`; None: this process's.

    Raises:
        SiteError: the file cannot be used as a whole; it lists every mistake.
        ConfigError: there is no such file, or it cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            f"There is no file {path}; awry watch init {path.name} makes one."
        ) from error
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from error
    return parse_site(data, path, environment=environment)


def parse_site(
    data: bytes, path: Path, *, environment: Mapping[str, str] | None = None
) -> ReadSite:
    """Read a site's settings from the bytes of its file; as `read_site`.

    Args:
        data: the file's content.
        path: where it stands or is to stand.
        environment: as in `read_site`.

    Raises:
        SiteError: the file cannot be used as a whole; it lists every mistake.
    """
    document = read_yaml(data)
    values = document.values
    if values is None and not document.problems:
        document.refuse((), "there is nothing in it")
    elif not isinstance(values, dict) and not document.problems:
        document.refuse((), "expected a mapping of keys to values, such as `store: /var/lib/awry`")
    if not isinstance(values, dict):
        raise SiteError(path, document.problems)
    names = os.environ if environment is None else environment
    prepare = Preparation(document, names, path.absolute().parent)
    return _Reading(document, prepare, path).site(values, hashlib.sha256(data).hexdigest())


class _Reading:
    """One file on its way to settings."""

    def __init__(self, document: Document, prepare: Preparation, path: Path) -> None:
        self._document = document
        self._prepare = prepare
        self._path = path

    def site(self, values: dict[str, Any], version: str) -> ReadSite:
        own = {key: one for key, one in values.items() if key not in (DEFAULTS, CAMERAS)}
        ready = self._prepare.part(own, Site, ())
        given = values.get(CAMERAS) or {}
        if not isinstance(given, dict):
            self._document.refuse((CAMERAS,), "expected a mapping of names to cameras")
            given = {}
        site = self._prepare.checked(Site, ready, (), {"store": "."})
        self._refuse((), site_problems(site, given))
        defaults = self._defaults(values.get(DEFAULTS), site)
        cameras = {
            name: camera
            for name, one in given.items()
            if (camera := self._camera(name, one, defaults, site)) is not None
        }
        for name, sentence in clashes(given).items():
            self._document.refuse((CAMERAS, name), sentence)
            cameras.pop(name, None)
        problems = self._sorted()
        if any(not problem.camera for problem in problems):
            raise SiteError(self._path, problems)
        site = site.model_copy(update={CAMERAS: cameras})
        warnings = [
            Problem(place, self._document.line(place), said) for place, said in oddities(site)
        ]
        return ReadSite(
            self._path,
            version,
            site,
            {n: _sentences(n, problems) for n in given if n not in cameras and _is_name(n)},
            tuple(problems),
            tuple(warnings),
        )

    def _defaults(self, values: Any, site: Site) -> dict[str, Any]:
        """What all cameras share, of what is right; checked as a camera would be."""
        ready = self._prepare.part(values, Camera, (DEFAULTS,))
        made = {"detect": ANYWHERE, **ready, "name": DEFAULTS}
        shared = self._prepare.checked(Camera, made, (DEFAULTS,), {"detect": ANYWHERE, "name": "x"})
        self._refuse((DEFAULTS,), _problems_of(shared, site))
        wrong = {
            one.place[1]
            for one in self._document.problems
            if one.place[:1] == (DEFAULTS,) and len(one.place) > 1
        }
        return {key: value for key, value in ready.items() if key not in wrong}

    def _camera(
        self, name: str, values: Any, defaults: Mapping[str, Any], site: Site
    ) -> Camera | None:
        place: Place = (CAMERAS, name)
        ready = self._prepare.part(values, Camera, place)
        whole = {**defaults, **ready, "name": name}
        camera = self._prepare.checked(Camera, whole, place, {"detect": ANYWHERE, "name": "camera"})
        self._refuse(place, _problems_of(camera, site))
        known = any(problem.camera == name for problem in self._document.problems)
        return None if known else camera

    def _refuse(self, place: Place, found: Found) -> None:
        for below, sentence in found:
            self._document.refuse((*place, *below), sentence)

    def _sorted(self) -> list[Problem]:
        return sorted(self._document.problems, key=lambda problem: problem.line or 0)


def _problems_of(camera: Camera, site: Site) -> Found:
    return camera_problems(camera, site.schedules, synthetic=site.synthetic)


def _sentences(name: str, problems: list[Problem]) -> str:
    told = []
    for problem in problems:
        if problem.camera == name:
            where = Problem(problem.place[2:], problem.line, problem.sentence)
            told.append(str(where).rstrip("."))
    return "; ".join(told) + "."


def _is_name(text: str) -> bool:
    try:
        _NAME.validate_python(text)
    except ValidationError:
        return False
    return True
