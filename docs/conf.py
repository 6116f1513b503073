"""How Sphinx builds the site: `make docs` writes it to build/docs, and a warning fails it."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import awry  # noqa: E402
from awry.results import Result  # noqa: E402

project = "awry"
author = "The awry authors"
copyright = "The awry authors, Apache License 2.0"
release = version = awry.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["results/*.json"]
# Docstrings put code between single backticks, as Markdown does.
default_role = "literal"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]
autodoc_typehints = "signature"
python_maximum_signature_line_length = 88
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"awry {release}"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}


def kind_of(value: object) -> str:
    """On which page of the reference a name of `awry` stands."""
    if inspect.isclass(value) and issubclass(value, BaseException):
        return "errors"
    if inspect.isclass(value):
        return "results" if issubclass(value, Result) else "values"
    return "modules" if inspect.ismodule(value) else "functions"


def targets(kind: str) -> list[str]:
    """The public names of `awry` of one kind; of modules their functions."""
    public = [(name, getattr(awry, name)) for name in sorted(awry.__all__) if name[0] != "_"]
    chosen = [(name, value) for name, value in public if kind_of(value) == kind]
    if kind != "modules":
        return [f"awry.{name}" for name, _ in chosen]
    return [
        f"{module.__name__}.{name}"
        for _, module in chosen
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    ]


class Names(SphinxDirective):
    """Documents every public name of `awry` of one kind, so that no list can fall behind."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        (kind,) = self.arguments
        directive = "autofunction" if kind in ("functions", "modules") else "autoclass"
        lines: list[str] = []
        for target in targets(kind):
            lines += ["```{eval-rst}", f".. {directive}:: {target}", "```", ""]
        if not lines:
            return []
        parent = nodes.section()
        parent.document = self.state.document
        self.state.nested_parse(StringList(lines, self.env.doc2path(self.env.docname)), 0, parent)
        return parent.children


def root_pages(app: Sphinx, page: str, source: list[str]) -> None:
    """Shows CONTRIBUTING and CHANGELOG as pages, and lets links to them lead there."""
    if page in ("contributing", "changelog"):
        source[0] = (ROOT / f"{page.upper()}.md").read_text("utf-8").replace("](docs/", "](")
    up = "../" * page.count("/")
    for name in ("CONTRIBUTING", "CHANGELOG"):
        source[0] = re.sub(rf"\]\((?:\.\./)*{name}\.md\)", f"]({up}{name.lower()}.md)", source[0])


LOADED = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=["'](?:https?:)?//[^"']+""")


def refuse_foreign_files(app: Sphinx, error: Exception | None) -> None:
    """A page that loads fonts or scripts from elsewhere tells others who reads it."""
    if error is not None or app.builder.name != "html":
        return
    for page in sorted(Path(app.outdir).rglob("*.html")):
        for tag in LOADED.findall(page.read_text("utf-8")):
            if 'rel="canonical"' not in tag:
                logging.getLogger(__name__).warning("%s loads from elsewhere: %s", page.name, tag)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("awry-names", Names)
    app.connect("source-read", root_pages)
    app.connect("build-finished", refuse_foreign_files)
    return {"parallel_read_safe": True}
