"""What is shipped for running a site: the systemd unit, the image and the compose file."""

from __future__ import annotations

import configparser
import http.server
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dockerfile_parse import DockerfileParser
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "awry-watch.service"
MOST_EXPOSED = 2.0
"""Of ten, as `systemd-analyze security` counts; 9.6 is a unit without any hardening."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


class Unit(configparser.ConfigParser):
    """A unit, whose keys are written as they are and may come twice."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.fixture
def unit() -> configparser.SectionProxy:
    parsed = Unit(strict=False, interpolation=None)
    parsed.read_string(UNIT.read_text())
    return parsed["Service"]


def test_the_unit_says_what_the_supervisor_does(unit: configparser.SectionProxy) -> None:
    assert unit["Type"] == "notify"
    assert int(unit["WatchdogSec"]) >= 30
    assert unit["ExecStart"].endswith("/awry watch run /etc/awry/site.yaml")
    assert unit["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert unit["User"] not in ("root", "0")
    assert unit["RestartPreventExitStatus"] == "2"  # of awry: it could not be started
    assert unit["OOMPolicy"] == "continue"


@needs_systemd
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    # It also looks for the program, which is wherever it was installed.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.M)
    copy = tmp_path / UNIT.name
    copy.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy],
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, said) == (0, []), done.stderr


@needs_systemd
def test_the_unit_is_hardened() -> None:
    asked = ["systemd-analyze", "security", "--offline=true", "--json=short", "--no-pager", UNIT]
    done = subprocess.run(asked, capture_output=True, text=True)
    try:
        rows = json.loads(done.stdout)
    except ValueError:
        pytest.skip(f"this systemd cannot judge a file: {done.stderr.strip()[:80]}")
    exposed = sum(float(row["exposure"]) for row in rows if row["exposure"] is not None)
    worst = {row["name"] for row in rows if not row["set"]}
    assert exposed / 10 < MOST_EXPOSED, worst
    assert {"User=/DynamicUser=", "NoNewPrivileges=", "ProtectSystem="}.isdisjoint(worst)


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The image's instructions with their words, in order."""
    parsed = DockerfileParser(fileobj=io.BytesIO((DEPLOY / "Dockerfile").read_bytes()))
    return [
        (step["instruction"], step["value"])
        for step in parsed.structure
        if step["instruction"] != "COMMENT"
    ]


def values(steps: list[tuple[str, str]], instruction: str) -> list[str]:
    return [value for name, value in steps if name == instruction]


def test_the_image(steps: list[tuple[str, str]]) -> None:
    for image in values(steps, "FROM"):
        assert image.split()[0].partition(":")[2][:1].isdigit()
    for words in values(steps, "COPY"):
        *sources, _ = words.split()
        if not sources[0].startswith("--from="):
            assert all((ROOT / source).exists() for source in sources)
    installs = [part for run in values(steps, "RUN") for part in run.split("&&") if "pip " in part]
    assert all("--no-cache-dir" in part for part in installs)
    assert "[watch]" in installs[-1]
    assert values(steps, "USER") == ["1000"]
    assert json.loads(values(steps, "ENTRYPOINT")[0]) == ["awry", "watch"]
    (check,) = values(steps, "HEALTHCHECK")
    assert "healthy.py" in check
    folders = json.loads(values(steps, "VOLUME")[0])
    assert all(f" {folder}" in " ".join(values(steps, "RUN")) for folder in folders)


def test_both_images_are_made_of_the_same_base(steps: list[tuple[str, str]]) -> None:
    assert f"FROM {values(steps, 'FROM')[-1]}\n" in (ROOT / "Dockerfile").read_text()


def test_the_compose_file(steps: list[tuple[str, str]]) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    compose: Any = YAML(typ="safe", pure=True).load(text)
    watch = compose["services"]["watch"]
    assert watch["read_only"] is True
    assert watch["cap_drop"] == ["ALL"]
    assert watch["security_opt"] == ["no-new-privileges:true"]
    assert watch["user"].startswith(values(steps, "USER")[0])
    assert (DEPLOY / watch["build"]["context"] / watch["build"]["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for port in watch["ports"])
    inside = {one.split(":")[1] for one in watch["volumes"]}
    assert inside == set(json.loads(values(steps, "VOLUME")[0]))
    named = [one.split(":")[0] for one in watch["volumes"] if not one.startswith(".")]
    assert set(named) == set(compose["volumes"])
    # What is written outside of the volumes lies in memory.
    runtime = re.search(r"XDG_RUNTIME_DIR=(\S+)", values(steps, "ENV")[0])
    assert runtime
    assert {one.split(":")[0] for one in watch["tmpfs"]} == {"/tmp", runtime[1]}


@pytest.fixture
def healthy() -> ModuleType:
    spec = importlib.util.spec_from_file_location("healthy", DEPLOY / "healthy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Answers(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/livez" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_container_s_health(healthy: ModuleType) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        assert healthy.healthy(port, tls=False)
        assert not healthy.healthy(port, tls=True)
        Answers.status = 503
        assert not healthy.healthy(port, tls=False)
        server.shutdown()
    assert not healthy.healthy(port, tls=False)


def test_the_commands_in_the_comments_are_there() -> None:
    said = " ".join(path.read_text() for path in (UNIT, DEPLOY / "compose.yaml"))
    named = re.findall(r"run --rm watch (\w+)", said) + re.findall(r"awry watch (\w+) /", said)
    assert set(named) == {"init", "run"}
    code = "from awry.cli.app import main; main()"
    for command in set(named):
        words = [sys.executable, "-c", code, "watch", command, "--help"]
        assert subprocess.run(words, capture_output=True).returncode == 0
