"""What awry's pages share: their words, templates, styles and components, and how they are served.

A page is HTML from a template; small modules of JavaScript make parts of it live. There is no build
step: what stands in `static/` is what browsers get, under an address that changes with its content.
"""

from __future__ import annotations

from awry.pages.kit import Kit
from awry.pages.policy import POLICY
from awry.pages.shell import Link, Shell
from awry.pages.words import LANGUAGES, language_of

__all__ = ["LANGUAGES", "POLICY", "Kit", "Link", "Shell", "language_of"]
