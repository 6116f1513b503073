"""Which processes a site needs, and what each is told: from the settings and the detectors in use.

Nothing here loads a network: of a bundle its manifest alone is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from awry.errors import BundleError
from awry.foreign import reading
from awry.watch.site.model import Camera, Receiver, Site
from awry.watch.site.portions import (
    CourierSettings,
    Grid,
    IngestSettings,
    KeeperSettings,
    KeptCamera,
    ScoredCamera,
    ScorerSettings,
    TrainerSettings,
    WebSettings,
    revealed,
)

ORDER = ("keeper", "courier", "web", "scorer", "ingest", "trainer")
"""Kinds of processes, in the order in which they start."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A process of a site.

    Attributes:
        kind: e.g. `ingest`.
        name: e.g. the camera's; empty where there is one of the kind.
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Used:
    """The detectors of a camera: one that alarms, one that only tries; absolute, None: none."""

    bundle: Path | None = None
    shadow: Path | None = None


def grid_of(bundle: Path) -> Grid:
    """What a detector wants of its camera's pictures, from its manifest.

    Raises:
        BundleError: no bundle, a changed byte, a newer format, or no such facts in it.
    """
    from awry.training.bundle import MANIFEST, read_manifest

    manifest = read_manifest(bundle)
    cure = "Copy the bundle again or refit."
    with reading(bundle / MANIFEST, "a bundle's manifest", BundleError, cure):
        data, size = manifest["data"], manifest.get("frame_size")
        rate = data.get("fps")
        height, width = (None, None) if size is None else (int(size[0]), int(size[1]))
        every = int(data.get("every", 1))
        return Grid(rate=None if not rate else float(rate) / every, width=width, height=height)


class Planner:
    """Makes the settings of every process.

    It remembers which scorer has which detector, so that a change of one camera moves no other.

    Args:
        cores: of this machine; None: counted.
        config: the site's file, which the API may change.
    """

    def __init__(self, cores: int | None = None, config: Path | None = None) -> None:
        self._cores = cores or len(os.sched_getaffinity(0))
        self._config = config
        self._slots: dict[str, int] = {}
        self._grids: dict[Path, tuple[tuple[int, int], Grid]] = {}
        self.faults: dict[str, str] = {}
        """Camera -> why its bundle's manifest cannot be read."""

    def plan(self, site: Site, used: Mapping[str, Used]) -> dict[Key, str]:
        """Every process that should run, and its settings as JSON text with secrets in plain.

        Args:
            site: the settings.
            used: camera -> its detectors; cameras without an entry have what the site says.
        """
        self.faults = {}
        detectors = {
            name: _with(camera, used.get(name, Used())) for name, camera in site.cameras.items()
        }
        cameras = {name: one for name, one in site.cameras.items() if one.enabled}
        plan = {
            Key("keeper"): revealed(self._keeper(site, detectors)),
            Key("courier"): revealed(self._courier(site)),
        }
        if site.web.enabled:
            plan[Key("web")] = revealed(self._web(site))
        for name, scorer in self._scorers(site, cameras, detectors).items():
            plan[Key("scorer", name)] = revealed(scorer)
        for name, camera in cameras.items():
            grid = self._grid(name, detectors[name])
            plan[Key("ingest", name)] = revealed(
                IngestSettings(camera=camera, store=site.store, grid=grid)
            )
        return plan

    def trainer(self, site: Site, camera: str, reason: str) -> str:
        """The settings of a fit for a camera of the site."""
        why: Literal["learned", "refit"] = "refit" if reason == "refit" else "learned"
        settings = TrainerSettings(
            camera=_blank(site.cameras[camera]),
            store=site.store,
            database=site.database,
            device=site.device,
            reason=why,
        )
        return revealed(settings)

    def _grid(self, camera: str, detectors: Used) -> Grid | None:
        bundle = detectors.bundle or detectors.shadow
        if bundle is None:
            return None
        try:
            return self._read(bundle)
        except BundleError as error:
            self.faults[camera] = str(error)
            return None

    def _read(self, bundle: Path) -> Grid:
        """`grid_of`, read again only where the manifest is another file."""
        from awry.training.bundle import MANIFEST

        try:
            facts = (bundle / MANIFEST).stat()
        except OSError:
            return grid_of(bundle)  # which says why
        version = (facts.st_mtime_ns, facts.st_ino)
        known = self._grids.get(bundle)
        if known is None or known[0] != version:
            known = self._grids[bundle] = (version, grid_of(bundle))
        return known[1]

    def _keeper(self, site: Site, detectors: Mapping[str, Used]) -> KeeperSettings:
        return KeeperSettings(
            store=site.store,
            database=site.database,
            site=site.name,
            timezone=site.timezone,
            retention=site.retention,
            schedules=dict(site.schedules),
            cameras={
                name: KeptCamera(
                    camera=_blank(camera),
                    bundle=_text(detectors[name].bundle),
                    shadow=_text(detectors[name].shadow),
                )
                for name, camera in site.cameras.items()
            },
            mqtt=site.mqtt is not None,
            notify=tuple(map(_nameless, site.notify)),
            webhooks=tuple(map(_nameless, site.webhooks)),
        )

    def _courier(self, site: Site) -> CourierSettings:
        return CourierSettings(
            store=site.store,
            database=site.database,
            site=site.name,
            timezone=site.timezone,
            mqtt=site.mqtt,
            notify=site.notify,
            webhooks=site.webhooks,
            cameras=tuple(site.cameras),
        )

    def _web(self, site: Site) -> WebSettings:
        return WebSettings(
            store=site.store,
            database=site.database,
            site=site.name,
            timezone=site.timezone,
            web=site.web,
            config=self._config,
            cameras=tuple(site.cameras),
        )

    def _scorers(
        self, site: Site, cameras: Mapping[str, Camera], detectors: Mapping[str, Used]
    ) -> dict[str, ScorerSettings]:
        """Name -> settings; cameras of one bundle are together, so that it is loaded once."""
        count = site.scorers or self._usual(cameras)
        groups: dict[str, list[str]] = {}
        for name in cameras:
            bundle = detectors[name].bundle or detectors[name].shadow
            if bundle is not None:
                groups.setdefault(str(bundle), []).append(name)
        self._assign(groups, count)
        members: dict[int, list[ScoredCamera]] = {}
        for group, names in groups.items():
            members.setdefault(self._slots[group], []).extend(
                self._scored(cameras[name], name, detectors[name]) for name in names
            )
        threads = max(1, self._cores // count)
        return {
            str(slot): ScorerSettings(
                cameras=tuple(sorted(scored, key=lambda one: one.name)),
                device=site.device,
                threads=threads,
            )
            for slot, scored in sorted(members.items())
        }

    def _usual(self, cameras: Mapping[str, Camera]) -> int:
        """As many scorers as detectors, so that a slow one delays no other, up to the cores.

        Cameras that still learn count too, so that what they learn moves nobody later.
        """
        named = {camera.bundle for camera in cameras.values() if camera.bundle is not None}
        learning = sum(camera.bundle is None for camera in cameras.values())
        return max(1, min(self._cores, len(named) + learning))

    def _scored(self, camera: Camera, name: str, detectors: Used) -> ScoredCamera:
        return ScoredCamera(
            name=name,
            bundle=detectors.bundle,
            shadow=detectors.shadow,
            scene=camera.scene,
            ignore=camera.ignore,
            grid=self._grid(name, detectors) or Grid(),
        )

    def _assign(self, groups: Mapping[str, list[str]], count: int) -> None:
        """Groups stay where they are; new ones go where the fewest cameras are."""
        self._slots = {
            group: slot for group, slot in self._slots.items() if group in groups and slot < count
        }
        load = [0] * count
        for group, slot in self._slots.items():
            load[slot] += len(groups[group])
        for group in sorted(set(groups) - set(self._slots), key=lambda one: -len(groups[one])):
            slot = load.index(min(load))
            self._slots[group] = slot
            load[slot] += len(groups[group])


def _with(camera: Camera, used: Used) -> Used:
    """What is in use; the bundle of the settings where no other took its place."""
    return Used(used.bundle or camera.bundle, used.shadow)


def _text(path: Path | None) -> str:
    return "" if path is None else str(path)


def _blank(camera: Camera) -> Camera:
    """The camera without its addresses."""
    record = None if camera.record is None else SecretStr("")
    return camera.model_copy(update={"detect": SecretStr(""), "record": record})


def _nameless(receiver: Receiver) -> Receiver:
    """The receiver without its address and secret."""
    return receiver.model_copy(update={"to": SecretStr(""), "secret": None})
