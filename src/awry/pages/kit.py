"""Templates and files of pages, joined: what renders a page, and what serves its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from awry.pages.files import FOREVER, StaticFiles
from awry.pages.policy import POLICY
from awry.pages.sentences import LONGEST, in_language
from awry.pages.words import LANGUAGES, entries, name_of, translations

_HERE = Path(__file__).parent
ROOT = "/ui"
"""Below it stand files and fragments of pages."""


class Kit:
    """The pages of an application: its own templates and files beside those that all share.

    Args:
        folders: of the application, each with `templates/` and `static/`, or one of them.
        filters: name -> function, for templates.
    """

    def __init__(
        self, folders: Sequence[Path] = (), filters: Mapping[str, Any] | None = None
    ) -> None:
        both = [_HERE, *folders]
        self.files = StaticFiles([one / "static" for one in both])
        self._loader = ChoiceLoader([FileSystemLoader(one / "templates") for one in both])
        self._filters = dict(filters or {})
        self._environment = lru_cache(maxsize=None)(self._made)

    def address(self, name: str) -> str:
        """Where a browser finds a file.

        Args:
            name: below `static/`, e.g. `kit/kit.css`.

        Raises:
            ValueError: there is none.
        """
        if name not in self.files:
            raise ValueError(f"There is no file {name!r} for browsers.")
        return f"{ROOT}/static/{self.files.version}/{name}"

    def text(self, template: str, language: str, **values: Any) -> str:
        """A template as HTML text.

        Args:
            template: its name, e.g. `events.html`.
            language: one of `LANGUAGES`.
            **values: what it shows; all that is text is escaped.
        """
        return self._environment(language).get_template(template).render(**values)

    def page(
        self, template: str, language: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The answer that is a page or a fragment of one; as `text`. It is never kept."""
        headers = {
            "content-security-policy": POLICY,
            "cache-control": "no-store",
            "content-language": language,
            "vary": "Accept-Language, Cookie",
        }
        return HTMLResponse(self.text(template, language, **values), status, headers)

    def router(self) -> APIRouter:
        """The routes of files, of words and of sentences."""
        router = APIRouter(prefix=ROOT, include_in_schema=False)

        @router.get("/static/{version}/{name:path}")
        def static(version: str, name: str) -> Response:
            """A file for browsers."""
            return self.files.response(version, name)

        @router.get("/words/{version}/{language}.js")
        def words(version: str, language: str) -> Response:
            """The words of a language, for components."""
            if language not in LANGUAGES:
                return Response("There is no such language.", 404, media_type="text/plain")
            text = json.dumps(dict(entries(language)), ensure_ascii=True)
            return Response(
                f'globalThis.awryWords = {{language: "{language}", words: {text}}};\n',
                headers={"cache-control": FOREVER, "content-type": "text/javascript"},
            )

        @router.get("/said/{language}")
        def said(language: str, text: Annotated[str, Query(max_length=LONGEST)]) -> Response:
            """A sentence of the API in a language, for components; see `sentences`."""
            if language not in LANGUAGES:
                return Response("There is no such language.", 404, media_type="text/plain")
            return PlainTextResponse(in_language(text, language))

        return router

    def _made(self, language: str) -> Environment:
        made = Environment(
            loader=self._loader,
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
        made.filters["said"] = partial(in_language, language=language)
        made.filters.update(self._filters)
        made.globals.update(
            static=self.address,
            words=f"{ROOT}/words/{self.files.version}-{_words_version(language)}/{language}.js",
            language=language,
            languages=[(one, name_of(one)) for one in LANGUAGES],
        )
        return made


def _words_version(language: str) -> str:
    text = json.dumps(dict(entries(language)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
