"""`awry review`: a page on which a person marks moments of a sifted archive, and it learns."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from awry.errors import MissingError
from awry.sifting.review.session import ReviewSession
from awry.terminal import Console


def run_review(
    folder: Path,
    *,
    host: str,
    port: int | None,
    show: bool,
    take_in: Path | None,
    export: Path | None,
    console: Console,
    announce: Callable[[dict[str, Any]], None],
) -> list[str]:
    """Show the page until Ctrl-C; or take feedback in, or write it, and end.

    Args:
        folder: of the run.
        host: where to listen; anywhere but on this machine alone, the address holds a token.
        port: 0 takes any free one, None the usual one if it is free.
        show: open a browser.
        take_in: a file of marks to add.
        export: a file for the marks.
        console: where the rest is said.
        announce: is given a summary, for `--json`, before the page is served.

    Returns:
        What was refused, one sentence each.

    Raises:
        AwryError: no run, nothing to read, no right to write, or a package is missing.
    """
    session = ReviewSession(folder)
    try:
        if take_in is not None or export is not None:
            return _exchange(session, take_in, export, announce)
        _serve(session, host, port, show, console, announce)
        return []
    finally:
        session.close()


def _exchange(
    session: ReviewSession,
    take_in: Path | None,
    export: Path | None,
    announce: Callable[[dict[str, Any]], None],
) -> list[str]:
    summary: dict[str, Any] = {"run": str(session.folder)}
    refused: list[str] = []
    if take_in is not None:
        came = session.take_in(take_in)
        refused = list(came.refused)
        summary |= {"taken": came.taken, "contradictions": list(came.said), "refused": refused}
    if export is not None:
        summary |= {"exported": session.export(export), "to": str(export)}
    summary["abnormal"], summary["normal"] = session.counts
    announce(summary | {"notes": session.notes})
    return refused


def _serve(
    session: ReviewSession,
    host: str,
    port: int | None,
    show: bool,
    console: Console,
    announce: Callable[[dict[str, Any]], None],
) -> None:
    try:
        import nicegui  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "The review page needs the package nicegui, which is not installed: "
            "pip install 'awry[review]'."
        ) from error
    from awry.sifting.review.server import bound, serve

    place = bound(host, port)
    place.listener.listen()
    _ = session.clips  # what is not there any more is said at once
    abnormal, normal = session.counts
    announce(
        {
            "run": str(session.folder),
            "address": place.address,
            "read_only": session.read_only,
            "abnormal": abnormal,
            "normal": normal,
            "notes": session.notes,
        }
    )
    sys.stdout.flush()  # whoever reads the address from a pipe waits for it
    console.print("Ctrl-C ends it.", highlight=False)
    if show:
        webbrowser.open(place.address)
    serve(session, place)


def show_review(summary: dict[str, Any]) -> None:
    """Print where the page is, or what was taken in and written."""
    printer = Console()
    sentences = [*summary["notes"], *summary.get("contradictions", ())]
    if "taken" in summary:
        sentences.append(f"{summary['taken']} marks taken in.")
    if "exported" in summary:
        sentences.append(f"{summary['exported']} marks written to {summary['to']}.")
    marked = f"{summary['abnormal']} marked abnormal, {summary['normal']} normal"
    sentences.append(f"{summary['run']}: {marked}.")
    if "address" in summary:
        if summary["read_only"]:
            sentences.append("Another session reviews this run: this page is read-only.")
        sentences.append(f"Review it at {summary['address']}")
    for sentence in sentences:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
