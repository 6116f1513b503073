"""How programs are told no: one body for every error, and nothing of what was sent in it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from awry.errors import AwryError

_CODES = {
    401: "not_known",
    403: "not_allowed",
    404: "not_found",
    405: "wrong_method",
    409: "conflict",
    413: "too_large",
    415: "wrong_type",
    416: "range",
    422: "invalid",
    429: "too_many",
    503: "away",
}


class Problem(BaseModel):
    """One field of a request that does not fit."""

    where: str = Field(description="The field, e.g. `body.budget` or `query.limit`.")
    message: str = Field(description="A sentence for people.")


class Failure(BaseModel):
    """What went wrong."""

    status: int = Field(description="The HTTP status, again.")
    code: str = Field(description="A word for programs, e.g. `not_found`.")
    message: str = Field(description="A sentence for people: what happened and what to do.")
    problems: list[Problem] = Field(
        default_factory=list, description="Of a request that does not fit: field by field."
    )


class ErrorBody(BaseModel):
    """The body of every error."""

    error: Failure = Field(description="What went wrong, for programs and for people.")


class RefusedError(AwryError):
    """A request that is answered by an error.

    Args:
        status: of HTTP.
        message: a sentence for people.
        headers: of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})


def answered(
    status: int,
    message: str,
    problems: list[Problem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer of an error."""
    failure = Failure(
        status=status,
        code=_CODES.get(status, "error"),
        message=message,
        problems=problems or [],
    )
    return JSONResponse(
        ErrorBody(error=failure).model_dump(), status, dict(headers) if headers else None
    )


def install(app: FastAPI) -> None:
    """Let an application answer every error by `ErrorBody`."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(AwryError, _ours)
    app.add_exception_handler(Exception, _unforeseen)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)
    return answered(error.status, str(error), headers=error.headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [
        # Never the value: it may be a password.
        Problem(where=".".join(map(str, one["loc"])), message=str(one["msg"]))
        for one in error.errors()[:20]
    ]
    listed = "; ".join(f"{one.where}: {one.message}" for one in problems[:3])
    return answered(422, f"The request does not fit: {listed}.", problems)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # FastAPI says 400 where a body is no text; where it is no JSON, 422.
    status = 422 if error.status_code == 400 else error.status_code
    sentences = {
        404: "There is nothing at this address.",
        405: "This address does not know that method.",
        422: "The body of the request cannot be read as JSON.",
    }
    said = sentences.get(status, str(error.detail))
    return answered(status, said, headers=error.headers)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    return answered(409, str(error))


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    # The server logs the error; whoever asked learns nothing of how awry is made.
    return answered(500, "The server failed; its log says more.")
