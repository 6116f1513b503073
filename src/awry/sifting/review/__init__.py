"""`awry.review`: a page on which a person marks moments of a sifted archive, and it learns."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from awry.calls import checked
from awry.devices import chosen
from awry.errors import MissingError
from awry.results import FigureCard, Result
from awry.sifting.run import SiftedRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from awry.sifting.review.log import ImportedMarks
    from awry.sifting.review.session import ReviewSession


class _Server(Protocol):
    def wait(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Review(Result):
    """A review of a sifted run: its page while it is served, or marks that went in or out.

    Use it in a `with`, or call `close`.

    Attributes:
        folder: of the run.
        address: of the page, for a browser; None where marks were only taken in or exported.
        read_only: another session reviews the run.
        abnormal, normal: how many moments were marked so when it began.
        notes: what went wrong on the way, one sentence each.
        taken: how many marks were taken in; None if that was not asked for.
        contradictions: marks that differ from earlier ones of the same frame, a sentence each.
        refused: marks of frames that the run does not have, a sentence each.
        exported: how many marks were written; None if that was not asked for.
        exported_to: the file.
    """

    folder: Path
    address: str | None
    read_only: bool
    abnormal: int
    normal: int
    notes: tuple[str, ...] = ()
    taken: int | None = None
    contradictions: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    exported: int | None = None
    exported_to: Path | None = None
    _server: _Server | None = field(default=None, repr=False)
    _release: Callable[[], None] | None = field(default=None, repr=False)

    def wait(self) -> None:
        """Let the page be used until it is closed elsewhere, or Ctrl-C; then it is closed."""
        try:
            if self._server is not None:
                self._server.wait()
        except KeyboardInterrupt:  # this is how it ends
            pass
        finally:
            self.close()

    def close(self) -> None:
        """End the page, and let another session change the run."""
        if self._server is not None:
            self._server.close()
        if self._release is not None:
            self._release()

    def __enter__(self) -> Review:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def to_dict(self) -> dict[str, Any]:
        """Where the page is, or what became of the marks."""
        facts: dict[str, Any] = {"run": str(self.folder)}
        if self.address is not None:
            facts |= {"address": self.address, "read_only": self.read_only}
        if self.taken is not None:
            facts |= {
                "taken": self.taken,
                "contradictions": list(self.contradictions),
                "refused": list(self.refused),
            }
        if self.exported is not None:
            facts |= {"exported": self.exported, "to": str(self.exported_to)}
        return facts | {
            "abnormal": self.abnormal,
            "normal": self.normal,
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, Any]]:
        """How many moments are marked as what."""
        return [
            {"label": "abnormal", "moments": self.abnormal},
            {"label": "normal", "moments": self.normal},
        ]

    def draw(self, ax: Axes) -> None:
        """How many moments are marked as what, as bars."""
        bars = ax.bar(["abnormal", "normal"], [self.abnormal, self.normal])
        ax.bar_label(bars)
        ax.set(ylabel="marked moments", title=self.folder.name)

    def cards(self) -> list[FigureCard]:
        """The page's address, and the marks."""
        marked = f"{self.abnormal} abnormal, {self.normal} normal"
        cards = [FigureCard("marked", marked, str(self.folder))]
        return cards if self.address is None else [FigureCard("page", self.address), *cards]


@checked
def review(
    run: str | Path | SiftedRun,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    open: bool = False,
    export: str | Path | None = None,
    take_in: str | Path | None = None,
    device: str | None = None,
    precision: str | None = None,
) -> Review:
    """Serve a page on which a person marks a run's moments; or take marks in, or export them.

    The page is served in the background until `close`; a program may show several. A script that
    should show one and nothing else calls `awry.review(run).wait()`.

    Args:
        run: its folder, or the run.
        host: where to listen; anywhere but on this machine alone, the address holds a token.
        port: 0 takes any free one, None 8765 if it is free.
        open: open a browser.
        export: a file for the marks; no page is served.
        take_in: a file of marks to add to the run's; no page is served.
        device: where networks learn and run, wherever the run was made: `auto`, `cpu`, `cuda`,
            `cuda:1`, `mps`, `xpu`; None: as `$AWRY_DEVICE` says, else `auto`.
        precision: how exactly they learn: `32`, `tf32`, `bf16` or `16`; None: `32`. Frames that
            have to be read again are read in the run's own.

    Returns:
        The review, with `address` and `close` where a page is served.

    Raises:
        BundleError, InputError: no run, or its feedback or the file of marks cannot be read.
        ConfigError: a device that is not there; the port is taken; the run is reviewed by another
            session and marks were to be taken in.
        WriteError: no right to write.
        MissingError: a package of the extra `review` is not installed.
    """
    compute = chosen(device, precision)
    _need("filelock")
    from awry.sifting.review.session import ReviewSession

    session = ReviewSession(run.folder if isinstance(run, SiftedRun) else Path(run), compute)
    try:
        if take_in is not None or export is not None:
            result = _exchange(session, take_in, export)
            session.close()
            return result
        return _served(session, host, port, open)
    except BaseException:
        session.close()
        raise


def _need(*packages: str) -> None:
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            raise MissingError(
                f"The review page needs the package {package}, which is not installed: "
                "pip install 'awry[review]'."
            ) from error


def _exchange(
    session: ReviewSession, take_in: str | Path | None, export: str | Path | None
) -> Review:
    marks: ImportedMarks | None = None if take_in is None else session.take_in(Path(take_in))
    exported = None if export is None else session.export(Path(export))
    abnormal, normal = session.counts
    return Review(
        folder=session.folder,
        address=None,
        read_only=session.read_only,
        abnormal=abnormal,
        normal=normal,
        notes=tuple(session.notes),
        taken=None if marks is None else marks.taken,
        contradictions=() if marks is None else marks.contradictions,
        refused=() if marks is None else marks.refused,
        exported=exported,
        exported_to=None if export is None else Path(export),
    )


def _served(session: ReviewSession, host: str, port: int | None, show: bool) -> Review:
    _need("babel", "cachetools", "fastapi", "uvicorn")
    from awry.sifting.review.server import Server, bound

    endpoint = bound(host, port)
    try:
        _ = session.clips  # what is not there any more is said at once
        abnormal, normal = session.counts
        server = Server(session, endpoint)
    except BaseException:
        endpoint.listener.close()
        raise
    if show:
        webbrowser.open(endpoint.address)
    return Review(
        folder=session.folder,
        address=endpoint.address,
        read_only=session.read_only,
        abnormal=abnormal,
        normal=normal,
        notes=tuple(session.notes),
        _server=server,
        _release=session.close,
    )
