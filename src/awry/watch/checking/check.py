"""`awry watch check`: everything that a site needs is tried before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awry.calls import checked
from awry.watch.checking.bundles import check_bundles
from awry.watch.checking.cameras import LOOK_S, Opener, Seen, look_at_all, open_live
from awry.watch.checking.machine import (
    check_broker,
    check_load,
    check_port,
    check_secrets,
    check_store,
    cores,
)
from awry.watch.checking.result import Finding, SiteCheck
from awry.watch.site.model import Site
from awry.watch.site.problems import Problem, SiteError
from awry.watch.site.read import ReadSite, read_site
from awry.watch.site.secret_files import files_with_secrets


@checked
def check(site: Path, *, cameras: bool = True, load: bool = True) -> SiteCheck:
    """Try everything that a site needs: nothing is started, and nothing is left behind.

    Args:
        site: its file.
        cameras: open every camera, all at once; each has its own time limits.
        load: measure how fast this machine scores with each bundle: seconds the first time.

    Returns:
        What was found; mistakes in the file are among it.

    Raises:
        ConfigError: there is no such file.
    """
    return check_with(site, open_live if cameras else None, load=load)


def check_with(
    path: Path, opener: Opener | None, *, load: bool = True, seconds: float = LOOK_S
) -> SiteCheck:
    """As `check`, with another way to open cameras; None: they are not opened."""
    try:
        read = read_site(path)
    except SiteError as error:
        return SiteCheck(str(path), tuple(_mistake(one, stops=True) for one in error.problems))
    site = read.site
    findings = [*_of_settings(read), *check_secrets(files_with_secrets(path))]
    store = list(check_store(site))
    running = any("runs on it" in one.sentence for one in store)
    findings += [*store, *check_port(site.web, running), *check_broker(site.mqtt)]
    seen = {} if opener is None else look_at_all(site, opener, seconds=seconds)
    for (name, stream), one in seen.items():
        findings.append(_of_camera(name, stream, one))
    about, grids = check_bundles(site, seen)
    findings += about
    share = None
    if load:
        from awry.watch.scorer.load import overload, planned, rate_of

        more, share = check_load(site, grids, rate_of, planned, overload, cores())
        findings += more
    return SiteCheck(str(path), tuple(findings), share)


def _of_settings(read: ReadSite) -> Iterator[Finding]:
    for problem in read.problems:
        yield _mistake(problem, stops=False)
    for warning in read.warnings:
        yield Finding("settings", "warning", f"{warning}.")
    if not read.problems:
        yield Finding("settings", "fine", _counted(read.site))


def _counted(site: Site) -> str:
    off = sum(not camera.enabled for camera in site.cameras.values())
    disabled = f", {off} of them disabled" if off else ""
    return f"cameras: {len(site.cameras)}{disabled}; no mistake."


def _mistake(problem: Problem, stops: bool) -> Finding:
    subject = f"camera {problem.camera}" if problem.camera else "settings"
    return Finding(subject, "problem", f"{str(problem).rstrip('.')}.", stops and not problem.camera)


def _of_camera(name: str, stream: str, seen: Seen) -> Finding:
    if seen.problem:
        return Finding(f"camera {name}", "problem", f"{stream}: {seen.problem}")
    rate = "at an unknown rate" if seen.rate is None else f"at {seen.rate:.1f} pictures/s"
    return Finding(f"camera {name}", "fine", f"{stream}: {seen.width}x{seen.height} {rate}.")
