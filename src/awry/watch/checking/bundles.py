"""Bundles, and whether they fit their cameras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from awry.errors import AwryError
from awry.watch.checking.cameras import Seen
from awry.watch.checking.result import Finding
from awry.watch.site.model import Camera, Site
from awry.watch.site.portions import Grid
from awry.watch.site.units import duration

LOWEST_RATE = 0.9
"""A camera below this share of its bundle's rate is called slow."""


def check_bundles(
    site: Site, seen: Mapping[tuple[str, str], Seen]
) -> tuple[list[Finding], dict[str, Grid]]:
    """Load every camera's manifest, and compare it with what the camera showed.

    Args:
        site: whose cameras.
        seen: what `cameras.look_at_all` saw; cameras that are not in it are not compared.

    Returns:
        What was found, and camera -> what its bundle wants, for cameras that have one.
    """
    findings: list[Finding] = []
    grids: dict[str, Grid] = {}
    for name, camera in site.cameras.items():
        if not camera.enabled:
            continue
        if camera.bundle is None:
            findings += _learning(camera)
            continue
        try:
            grid, words = read_grid(camera.bundle)
        except AwryError as error:
            findings.append(Finding(f"camera {name}", "problem", str(error)))
            continue
        grids[name] = grid
        findings.append(Finding(f"camera {name}", "fine", words))
        findings += _unlike(name, grid, seen.get((name, "detect")))
    return findings, grids


def read_grid(bundle: Path) -> tuple[Grid, str]:
    """What a bundle wants of its camera, and that in words.

    Raises:
        BundleError: no bundle, a changed byte, or a newer format.
    """
    from awry.training.bundle import method_of
    from awry.watch.supervisor.portions import grid_of

    grid = grid_of(bundle)
    rate = "any rate" if grid.rate is None else f"{grid.rate:g} pictures/s"
    return grid, f"The bundle {bundle} ({method_of(bundle)}) was fitted at {rate}."


def grids_of(site: Site) -> dict[str, Grid]:
    """Camera -> what its bundle wants; without those whose bundle cannot be read."""
    grids: dict[str, Grid] = {}
    for name, camera in site.cameras.items():
        if camera.enabled and camera.bundle is not None:
            with suppress(AwryError):
                grids[name] = read_grid(camera.bundle)[0]
    return grids


def _learning(camera: Camera) -> Iterator[Finding]:
    subject, learn = f"camera {camera.name}", camera.learn
    by = f" ({learn.method})" if learn.method else ""
    if learn.folder is not None:
        there = learn.folder.is_dir() and any(learn.folder.iterdir())
        if not there:
            said = f"There is no footage in {learn.folder} to learn from."
            yield Finding(subject, "problem", said)
            return
        yield Finding(subject, "fine", f"It learns from {learn.folder}{by}.")
    else:
        length = duration(learn.seconds)
        said = f"It has no bundle: it learns for {length}{by}, then it alarms."
        yield Finding(subject, "fine", said)
    if learn.method:
        yield from _method(subject, learn.method)


def _method(subject: str, name: str) -> Iterator[Finding]:
    from awry.errors import nearest
    from awry.methods.registry import method_names

    known = method_names()
    if name not in known:
        said = f"There is no method '{name}': {nearest(name, known)}."
        yield Finding(subject, "problem", said)


def _unlike(name: str, grid: Grid, seen: Seen | None) -> Iterator[Finding]:
    if seen is None or seen.problem:
        return
    subject = f"camera {name}"
    if grid.width and grid.height:
        from awry.methods.base import ASPECT_TOLERANCE

        ratio = (seen.width / seen.height) / (grid.width / grid.height)
        if abs(ratio - 1) > ASPECT_TOLERANCE:
            said = (
                f"Its pictures are {seen.width}x{seen.height}, but the bundle was fitted on "
                f"{grid.width}x{grid.height}, another aspect: fit a bundle on this camera."
            )
            yield Finding(subject, "problem", said)
    if grid.rate and seen.rate and seen.rate < grid.rate * LOWEST_RATE:
        said = (
            f"It sends {seen.rate:.1f} pictures/s, but the bundle wants {grid.rate:g}: its budget "
            "is not promised. Raise the camera's rate, or fit at the lower one."
        )
        yield Finding(subject, "warning", said)
