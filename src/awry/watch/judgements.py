"""What people said of a site's events, to take along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from awry.calls import checked
from awry.errors import WriteError
from awry.storage import write_text
from awry.watch.site.read import read_site
from awry.watch.told import Told, plain, said_time


@checked
def feedback(site: Path, *, camera: Sequence[str] = (), csv: Path | None = None) -> Told:
    """All that people said of a site's events, oldest first.

    It holds what was said of cameras and detectors that are gone, too. An event's last word counts;
    an empty label takes back what was said before.

    Args:
        site: its file. It need not run.
        camera: only of theirs; none: of all.
        csv: a file that is not there yet, for a table of comma-separated values.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no store yet.
        WriteError: something stands at `csv`, or it cannot be written.
    """
    from awry.watch.store.database import site_database
    from awry.watch.store.feedback import all_feedback, as_csv, as_row

    settings = read_site(site).site
    with site_database(settings) as database, database.reading() as session:
        rows = tuple(all_feedback(session, tuple(camera) or None))
    if csv is not None:
        if csv.exists():
            raise WriteError(f"{csv} is there already and was left as it is; choose another name.")
        write_text(csv, as_csv(rows))
    table = tuple({**as_row(row), "at": said_time(row.at, settings.timezone)} for row in rows)
    values = {"feedback": [plain(as_row(row)) for row in rows]}
    return Told(values, table, (("judgements", str(len(rows))),))
