"""What OpenAPI is told of the API's errors."""

from __future__ import annotations

from awry.watch.web.refusals import ErrorBody, refusals


def test_what_openapi_is_told() -> None:
    assert list(refusals(404, 401)) == [401, 404]
    assert refusals(404)[404]["model"] is ErrorBody
