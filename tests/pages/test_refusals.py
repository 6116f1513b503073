"""Every error has one body, and nothing of what was sent is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr
from starlette.testclient import TestClient

from awry.errors import ConfigError
from awry.pages.refusals import ErrorBody, RefusedError, answered, install


class Body(BaseModel):
    name: int
    password: SecretStr


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    install(app)

    @app.post("/in")
    def taking(body: Body) -> dict[str, Any]:
        raise RefusedError(429, "Too often.", {"Retry-After": "5"})

    @app.get("/ours")
    def ours() -> None:
        raise ConfigError("It does not fit: \x1b[31m.")

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("s3cret")

    return TestClient(app, raise_server_exceptions=False)


def told(answer: Any) -> tuple[int, str, str]:
    body = ErrorBody.model_validate(answer.json())
    assert body.error.status == answer.status_code
    return body.error.status, body.error.code, body.error.message


def test_all_errors_look_alike(client: TestClient) -> None:
    answer = client.post("/in", json={"name": 1, "password": "x"})
    assert told(answer) == (429, "too_many", "Too often.")
    assert answer.headers["retry-after"] == "5"
    assert told(client.get("/ours")) == (409, "conflict", "It does not fit: \\x1b[31m.")
    assert told(client.get("/none")) == (404, "not_found", "There is nothing at this address.")
    assert told(client.get("/in"))[:2] == (405, "wrong_method")
    assert told(client.get("/broken")) == (
        500,
        "error",
        "The server failed; its log says more.",
    )


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{"name": "s3cret", "password": ["s3cret"]}', ["body.name", "body.password"]),
        (b'{"password": "s3cret"}', ["body.name"]),
        (b"s3cret", ["body.0"]),
        (b'"s3cret"', ["body"]),
    ],
)
def test_what_does_not_fit_is_named_and_not_repeated(
    client: TestClient, content: bytes, where: list[str]
) -> None:
    answer = client.post("/in", content=content, headers={"Content-Type": "application/json"})
    assert told(answer)[:2] == (422, "invalid")
    assert [one["where"] for one in answer.json()["error"]["problems"]] == where
    assert "s3cret" not in answer.text


def test_a_body_that_is_no_text(client: TestClient) -> None:
    answer = client.post("/in", content=b"\xff\xfe", headers={"Content-Type": "application/json"})
    assert told(answer)[:2] == (422, "invalid")


def test_the_body_of_an_error() -> None:
    body = json.loads(bytes(answered(404, "Gone.").body))
    assert body["error"] == {
        "status": 404,
        "code": "not_found",
        "message": "Gone.",
        "problems": [],
    }
