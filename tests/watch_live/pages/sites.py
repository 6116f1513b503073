"""Sites that tests run: copies of a demo that was made once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from watch_live.receivers import free_port
from watch_live.running import Site

ROOT = Path(__file__).parents[3]
PAST_S, LEARN_S, BUSY_S = 240.0, 180.0, 20
USERS = {"boss": "admin", "guard": "operator", "guest": "viewer"}
"""Name -> role; all with `browser.PASSWORD`."""


class LiveSite(Site):
    """A demo's site that runs.

    Attributes:
        address: of its page.
    """

    def __init__(self, file: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        super().__init__(file)

    def wait_running(self) -> None:
        """Until every camera is scored."""
        of_others = "select 1 from camera where state not in ('running', 'degraded')"
        there = "select 1 from camera"
        self.wait(lambda: self.rows(there) and not self.rows(of_others), 120)


def copied(made: Path, folder: Path, change: Callable[[str], str] = str) -> tuple[Path, int]:
    """A copy of the demo that can be run; gives its file, and the page's port."""
    shutil.copytree(made, folder)
    _move(folder / "store" / "awry.db", str(made), str(folder))
    file, port = folder / "site.yaml", free_port()
    text = file.read_text()
    before = text.partition("port: ")[2].partition("}")[0]
    text = text.replace(f"port: {before}", f"port: {port}")
    # Something strange comes every few seconds, so that tests need not wait.
    text = text.replace("busy_s=75", f"busy_s={BUSY_S}")
    file.write_text(change(text))
    file.chmod(0o600)
    return file, port


def _move(file: Path, before: str, after: str) -> None:
    """Detectors are named by their absolute folders: give them those of the copy."""
    with closing(sqlite3.connect(file)) as database, database:
        names = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in names:
            columns = database.execute(f"select name from pragma_table_info('{table}')").fetchall()
            if ("bundle",) in columns:
                database.execute(
                    f"update {table} set bundle = replace(bundle, ?, ?)", (before, after)
                )
