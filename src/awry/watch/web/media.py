"""Files of events, given out whole or in ranges, and none beside them."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from awry.serving import header
from awry.watch.store.layout import Layout
from awry.watch.web.refusals import RefusedError, answered

_TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}
_RANGE = re.compile(r"bytes=\s*(?P<first>\d{1,18})?-(?P<last>\d{1,18})?\s*", re.IGNORECASE)


def media_path(layout: Layout, stored: str) -> Path:
    """Where a file of the store lies.

    Args:
        layout: of the store.
        stored: its path as the database has it, relative to the store.

    Raises:
        RefusedError: 404: there is none, or it lies outside the folder of media.
    """
    gone = RefusedError(404, "The file is not there any longer.")
    if not stored or "\0" in stored:
        raise gone
    folder = layout.media.resolve()
    path = (layout.root / stored).resolve()
    try:
        regular = path.is_relative_to(folder) and stat.S_ISREG(path.stat().st_mode)
    except OSError:
        raise gone from None
    if not regular:
        raise gone
    return path


class MediaFile(FileResponse):
    """A file of the store, whole or in the range that was asked for (RFC 9110, section 14).

    Several ranges at once, other units and what is no range are answered by the whole file, as the
    standard allows.

    Args:
        path: of the file.
        name: under which a browser keeps it.
        status_code: of the answer where it is given whole.

    Raises:
        RefusedError: 404: it is not there.
    """

    def __init__(self, path: Path, name: str, status_code: int = 200) -> None:
        try:
            known = path.stat()
        except OSError:
            raise RefusedError(404, "The file is not there any longer.") from None
        super().__init__(
            path,
            status_code,
            media_type=_TYPES.get(path.suffix, "application/octet-stream"),
            filename=f"{name}{path.suffix}",
            content_disposition_type="inline",
            stat_result=known,
            headers={"cache-control": "private, no-cache"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if header(scope, b"if-none-match") == self.headers["etag"]:
            await send({"type": "http.response.start", "status": 304, "headers": self._kept()})
            await send({"type": "http.response.body", "body": b""})
            return
        if not _is_range(header(scope, b"range")):
            left = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "headers": left}
        refused = False

        async def sending(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 416:
                refused = True
            elif not refused:
                await send(message)

        await super().__call__(scope, receive, sending)
        if refused:
            size = {"Content-Range": f"bytes */{self._size}"}
            said = f"The range lies outside the file, which has {self._size} bytes."
            await answered(416, said, headers=size)(scope, receive, send)

    @property
    def _size(self) -> str:
        assert self.stat_result is not None
        return str(self.stat_result.st_size)

    def _kept(self) -> list[tuple[bytes, bytes]]:
        names = (b"etag", b"last-modified", b"cache-control")
        return [(name, value) for name, value in self.raw_headers if name in names]


def _is_range(text: str) -> bool:
    found = _RANGE.fullmatch(text)
    if found is None or not (found["first"] or found["last"]):
        return False
    return not (found["first"] and found["last"]) or int(found["first"]) <= int(found["last"])
