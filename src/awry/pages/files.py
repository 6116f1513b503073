"""Files for browsers: read once, served under an address that changes with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from starlette.responses import Response

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
FOREVER = "public, max-age=31536000, immutable"
"""How long a browser keeps what stands under an address with a version."""


class StaticFiles:
    """Some folders of files under one version.

    Modules name one another by relative paths, so that all are of the same version. A file of a
    later folder must not have the path of an earlier one.

    Attributes:
        version: of all files together, for addresses.

    Args:
        folders: what is served.

    Raises:
        ValueError: two folders hold a file of the same path.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        digest = hashlib.sha256()
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if not path.is_file() or path.suffix not in _KINDS:
                    continue
                name = path.relative_to(folder).as_posix()
                if name in self._files:
                    raise ValueError(f"Two folders of files for browsers hold {name}.")
                data = path.read_bytes()
                self._files[name] = (data, _KINDS[path.suffix])
                digest.update(name.encode() + b"\0" + data + b"\0")
        self.version = digest.hexdigest()[:12]

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def response(self, version: str, name: str) -> Response:
        """The answer to a browser that asks for a file; 404 where there is none.

        A version that is gone, e.g. of a page that was loaded before an upgrade, gets today's file,
        which is not kept.
        """
        found = self._files.get(name)
        if found is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        data, kind = found
        kept = FOREVER if version == self.version else "no-store"
        return Response(data, headers={"cache-control": kept, "content-type": kind})
