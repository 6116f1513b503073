"""HTML pages that need no other file and no network, from this package's templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, context: Mapping[str, Any]) -> str:
    """A template of the folder `templates`, filled in; whatever is put in is escaped."""
    environment = Environment(
        loader=PackageLoader("awry.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["per_cent"] = per_cent
    return environment.get_template(template).render(context)


def per_cent(value: float | None, digits: int = 2) -> str:
    """A share in [0, 1] for people, or a dash."""
    return "\u2013" if value is None else f"{100 * value:.{digits}f}"
