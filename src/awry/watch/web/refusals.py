"""What OpenAPI says of the API's errors, which `awry.pages.refusals` answers."""

from __future__ import annotations

from typing import Any

from awry.pages.refusals import (
    ErrorBody,
    Failure,
    Problem,
    RefusedError,
    answered,
    install,
)

__all__ = ["ErrorBody", "Failure", "Problem", "RefusedError", "answered", "install", "refusals"]


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors of a route, beside those that every route may give."""
    meanings = {
        401: "Nobody is logged in, and no token came along.",
        403: "The role, the token's scope or its cameras do not allow it.",
        404: "There is no such thing.",
        409: "It does not fit what is there now.",
        413: "The request is too large.",
        415: "The body is not JSON.",
        416: "The range lies outside the file.",
        422: "A value of the request does not fit.",
        429: "Too many attempts; `Retry-After` says for how long to wait.",
        503: "The process that writes the store is away, or the store cannot be read.",
    }
    return {
        status: {"model": ErrorBody, "description": meanings[status]} for status in sorted(statuses)
    }
