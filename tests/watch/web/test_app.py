"""The whole application: what it says of itself, what it survives, and whom it hears."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from awry.watch.web.app import guarded
from web_site import HERE, SECRETS, Here, secret_of

EXAMPLES = int(os.environ.get("AWRY_FUZZ", "2"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_sent_is_answered_as_the_schema_says(here: Here, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(here.app.openapi())
    schema.app = guarded(here.app, here.settings)
    headers = {"Authorization": f"Bearer {secret_of('administer')}"}
    wrong: list[str] = []
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(mode))
        def ask(case: Any) -> None:
            case.call_and_validate(base_url=HERE, headers=headers, checks=CHECKS)

        try:
            ask()
            asked += 1
        except Unsatisfiable:
            continue  # a request without anything in it cannot be wrong
        except (Exception, FailureGroup) as error:
            wrong.append(f"{operation.label}: {error}"[:1500])
    assert not wrong, "\n\n".join(wrong)
    assert asked >= 35


def test_every_field_and_every_error_is_described(here: Here) -> None:
    document = here.app.openapi()
    bare = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, one in schema.get("properties", {}).items()
        if not one.get("description")
    ]
    assert not bare
    assert all(one.get("description") for one in document["components"]["schemas"].values())
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], path
            for one in operation.get("parameters", []):
                assert one.get("description"), (path, one["name"])
            for status, answer in operation["responses"].items():
                if status >= "400":
                    (content,) = answer["content"].values()
                    assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
            public = path in ("/livez", "/readyz", "/metrics", "/api/v1/setup") or (
                (method, path) == ("post", "/api/v1/session")
            )
            assert bool(operation.get("security")) != public, path


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8780", 200), ("localhost", 200), ("[::1]:8780", 200), ("evil.example", 400)],
)
def test_on_loopback_it_answers_under_its_own_names_alone(
    here: Here, host: str, status: int
) -> None:
    assert here.client("read").get("/livez", headers={"Host": host}).status_code == status


def test_behind_a_trusted_proxy_it_has_the_proxys_name(here: Here) -> None:
    web = here.settings.web.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
    here.settings = here.settings.model_copy(update={"web": web})
    answer = here.client("read").get("/livez", headers={"Host": "cameras.example"})
    assert answer.status_code == 200


def test_pages_of_other_sites_are_refused(here: Here) -> None:
    client = here.client("admin")
    headers = {"Origin": "https://evil.example"}
    assert client.delete("/api/v1/users/viewer", headers=headers).status_code == 403
    assert client.get("/api/v1/cameras", headers=headers).status_code == 403
    assert client.get("/api/v1/cameras", headers={"Origin": HERE}).status_code == 200
    assert not here.asked


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc"])
def test_nothing_of_the_framework_is_shown(here: Here, path: str) -> None:
    answer = here.client("admin").get(path)
    assert (answer.status_code, "swagger" in answer.text.lower()) == (404, False)


@pytest.mark.parametrize("path", ["/api/v1/none", "/api/v1/events/", "/api/"])
def test_what_is_not_there_is_a_uniform_404(here: Here, path: str) -> None:
    answer = here.client("admin").get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_fault_of_ours_tells_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: Any) -> Any:
        raise RuntimeError("s3cret inside")

    here.app.state.api.ask = broken
    answer = here.client("admin").put("/api/v1/events/e1/pin")
    assert answer.status_code == 500
    assert "s3cret" not in answer.text
    assert answer.json()["error"]["status"] == 500


def test_no_secret_of_the_site_is_in_any_answer(here: Here) -> None:
    client = here.client("administer")
    paths = [path for path, methods in here.app.openapi()["paths"].items() if "get" in methods]
    told = ""
    for path in [*paths, "/api/v1/openapi.json"]:
        there = path.format(camera="door", uid="e1", part=0, name="x")
        answer = client.get(there)
        assert answer.status_code < 500 or answer.status_code == 503
        told += answer.text + str(answer.headers)
    assert "door" in told
    hidden = [*SECRETS, "10.0.0.1", "argon2", "hook.example", str(here.root)]
    assert [one for one in hidden if one in told] == []


def test_neither_torch_nor_av_are_loaded() -> None:
    code = (
        "import sys, awry.watch.web.process; "
        "sys.exit(sorted({'torch', 'av'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
