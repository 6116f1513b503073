"""Judged events of a site as a data set that `awry evaluate` takes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from awry.calls import checked
from awry.errors import ConfigError, WriteError
from awry.progress import Reporter, Silent
from awry.storage import whole_folder, write_text
from awry.watch.site.read import read_site
from awry.watch.told import Told, moment_of

_TITLE = "Copying clips"


@checked
def export_dataset(
    site: Path,
    to: Path,
    *,
    camera: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
    label: str | None = None,
    footage: bool = False,
    reporter: Reporter | None = None,
) -> Told:
    """Write clips of judged events as a data set in the layout `folder`.

    Events judged abnormal have the span of the event as label, those judged normal have none.
    Labels are not exact to the frame: see `ABOUT.txt` in the data set.

    Args:
        site: its file. It need not run.
        to: a folder that is not there yet.
        camera: only theirs; none: all cameras'.
        since, until: events that began in that time, as of `awry.watch.events`.
        label: `abnormal` or `normal`; without: both.
        footage: whether footage that was gathered to learn from goes along, as training part.
        reporter: shown how far it is.

    Raises:
        ConfigError: the file or an option cannot be used.
        InputError: there is no store yet, or no judged event with a clip.
        WriteError: something stands at `to`, or it cannot be written.
    """
    from awry.watch.store.database import site_database
    from awry.watch.store.export import plan_export, texts_of
    from awry.watch.store.read import EventFilter

    settings = read_site(site).site
    if label not in (None, "abnormal", "normal"):
        raise ConfigError(f"The label is 'abnormal' or 'normal', not {label!r:.40}.")
    if to.exists() or to.is_symlink():
        raise WriteError(f"{to} is there already; name a folder that is not.")
    wanted = EventFilter(
        cameras=tuple(camera) or None,
        since=moment_of(since, settings.timezone),
        until=moment_of(until, settings.timezone),
        label=label,
    )
    with site_database(settings) as database, database.reading() as session:
        plan = plan_export(session, wanted, footage=footage)
    written = []
    with whole_folder(to, replace=False) as folder:
        for part in ("train", "test"):
            (folder / part).mkdir()
        shown = reporter or Silent()
        shown.start(_TITLE, len(plan.files))
        for one in plan.files:
            if _copied(settings.store / one.path, folder / one.name):
                written.append(one)
            shown.advance(title=_TITLE)
        shown.end(_TITLE)
        for name, text in texts_of(written, settings.name).items():
            write_text(folder / name, text)
    values = {
        "path": str(to),
        "clips": sum(bool(one.event) for one in written),
        "abnormal": plan.counted("abnormal"),
        "normal": plan.counted("normal"),
        "footage": sum(not one.event for one in written),
        "bytes": sum(one.bytes for one in written),
        "left_out": plan.left_out,
    }
    return Told(values, (values,), (("clips", str(values["clips"])),))


def _copied(source: Path, target: Path) -> bool:
    """Copy a file, unless retention was quicker."""
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        return False
    return True
