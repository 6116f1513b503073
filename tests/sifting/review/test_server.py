"""Where the review page is served."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from awry.errors import ConfigError
from awry.sifting.review.server import bound, guarded


def test_here_no_token_elsewhere_one() -> None:
    here, everywhere = bound("127.0.0.1", 0), bound("0.0.0.0", 0)
    with here.listener, everywhere.listener:
        port = here.listener.getsockname()[1]
        assert (here.address, here.token) == (f"http://127.0.0.1:{port}/", "")
        assert len(everywhere.token) >= 32
        assert everywhere.address.endswith(f"/?token={everywhere.token}")
        assert "0.0.0.0" not in everywhere.address


def test_a_host_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"Cannot listen on 192\.0\.2\.1, port 8765"):
        bound("192.0.2.1", 8765)


def test_elsewhere_nothing_without_the_token(app: FastAPI) -> None:
    with TestClient(guarded(app, "s3cret"), "http://yard.example") as client:
        for path in ("/", "/api/run", "/ui/parts", "/api/marks"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert "needs the token" in answer.text
            assert answer.headers["x-frame-options"] == "DENY"
        assert client.post("/api/undo").status_code == 403
        led = client.get("/?token=s3cret")
        assert 'http-equiv="refresh"' in led.text
        assert client.get("/api/run").json()["clips"] == 4
