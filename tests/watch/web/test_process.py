"""The web process: it serves, carries requests to the keeper, and follows its settings."""

from __future__ import annotations

import json
import logging
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from awry.errors import ConfigError, InputError
from awry.watch.clock import SystemClock
from awry.watch.messages import Answer, Configure, Load, Message, Request, Stop
from awry.watch.site.model import Web
from awry.watch.site.portions import WebSettings, revealed
from awry.watch.web.process import RELOAD, WebProcess, run
from web_site import PASSWORD, Here, secret_of


class KeeperLink:
    """A link whose other end is a keeper that answers at once."""

    waiting = lost = 0

    def __init__(self, here: Here) -> None:
        self._here = here
        self.sent: list[tuple[Message, bool]] = []
        self._answers: list[Message] = []

    def send(self, message: Message, *, certain: bool = True) -> None:
        self.sent.append((message, certain))
        if isinstance(message, Request):
            self._answers.append(self._here.ask(message))

    def poll(self, timeout_s: float = 0.0) -> Sequence[Message]:
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Nothing."""


class Supervised:
    """What the supervisor gives the process."""

    def __init__(self, here: Here, settings: WebSettings) -> None:
        self.name, self.clock = "", SystemClock()
        self.settings = revealed(settings)
        self.keeper = KeeperLink(here)
        self.said: list[Message] = []
        self.tells: list[Message] = []

    def live_place(self, camera: str) -> None:
        return None

    def poll(self) -> Sequence[Message]:
        told, self.tells = self.tells, []
        return told

    def say(self, message: Message) -> None:
        self.said.append(message)
        if isinstance(message, Request):
            self.tells.append(Answer(message.uid, '{"said": "Taken over."}'))


class Running:
    """The process's loop in a thread, as in a process of its own."""

    def __init__(self, context: Supervised) -> None:
        self.context: Any = context
        self.process = WebProcess(self.context)
        self.error: Exception | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._loop)
        self._thread.start()

    def _loop(self) -> None:
        try:
            while self.process.step() and not self._end.is_set():
                pass
        except Exception as error:
            self.error = error
        finally:
            self.process.close()

    def address(self, other_than: str = "") -> str:
        """Where it answers, once it does."""
        while self.process.address in ("", other_than) and self._thread.is_alive():
            SystemClock().wait(0.005)
        return self.process.address

    def end(self) -> None:
        self._end.set()
        self._thread.join()


def asked(where: str, method: str = "GET", body: Any = None, who: str = "administer") -> Any:
    headers = {"Authorization": f"Bearer {secret_of(who)}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(where, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def settings_of(here: Here, **web: Any) -> WebSettings:
    return here.settings.model_copy(update={"web": Web(port=0, **web)})


@pytest.fixture
def running(here: Here) -> Iterator[Running]:
    made = Running(Supervised(here, settings_of(here)))
    yield made
    made.end()
    assert made.error is None


def test_requests_go_to_the_keeper_and_back(here: Here, running: Running) -> None:
    where = running.address()
    assert asked(f"{where}/api/v1/events/e1/pin", "PUT") == {"done": True}
    assert asked(f"{where}/api/v1/events/e1")["pinned"] is True
    requests = [one for one in running.context.keeper.sent if isinstance(one[0], Request)]
    told = {(request.action, request.by, certain) for request, certain in requests}
    by = "token administer"
    assert told == {("pin", by, True), ("token.touch", by, False)}


def test_a_changed_file_is_taken_over_by_the_supervisor(here: Here, running: Running) -> None:
    where = running.address()
    told = asked(f"{where}/api/v1/cameras/door/config", "PATCH", {"budget": "5/day"})
    assert told["budget"] == "5/day"
    assert [one.action for one in running.context.said] == [RELOAD]
    assert "config.noted" in [one.action for one in here.asked]


def test_how_it_does_is_said(running: Running) -> None:
    running.address()
    while not any(isinstance(one, Load) for one, _ in running.context.keeper.sent):
        SystemClock().wait(0.005)
    load = next(one for one, _ in running.context.keeper.sent if isinstance(one, Load))
    assert (load.process, load.figures["followers"]) == ("web", 0.0)
    assert load.figures["cpu_s"] > 0


def test_other_settings_keep_the_server_another_place_moves_it(
    here: Here, running: Running
) -> None:
    where = running.address()
    same = settings_of(here, session_hours=1).model_copy(update={"site": "work"})
    running.context.tells.append(Configure(revealed(same)))
    while asked(f"{where}/api/v1/health")["site"] != "work":
        SystemClock().wait(0.005)
    assert running.process.address == where
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    other = here.settings.model_copy(update={"web": Web(port=port)})
    running.context.tells.append(Configure(revealed(other)))
    assert running.address(other_than=where) == f"http://127.0.0.1:{port}"
    assert asked(f"http://127.0.0.1:{port}/api/v1/health")["site"] == "home"


def test_a_place_that_is_taken_leaves_it_where_it_is(
    here: Here, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    where = running.address()
    with socket.create_server(("127.0.0.1", 0)) as other:
        web = Web(port=other.getsockname()[1])
        settings = here.settings.model_copy(update={"web": web})
        running.context.tells.append(Configure(revealed(settings)))
        while not any("stays where it is" in one.message for one in caplog.records):
            SystemClock().wait(0.005)
        assert asked(f"{where}/api/v1/health")["site"] == "home"


def test_it_waits_for_the_store_and_ends_when_told(here: Here, tmp_path: Path) -> None:
    settings = WebSettings(store=tmp_path / "none", web=Web(port=0))
    context: Any = Supervised(here, settings)
    process = WebProcess(context)
    assert process.step()
    assert process.address == ""
    context.tells.append(Stop())
    assert not process.step()
    process.close()
    context.tells.append(Stop())
    run(context)


def test_a_port_that_is_taken_ends_it_with_a_sentence(here: Here) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        web = Web(port=other.getsockname()[1])
        context: Any = Supervised(here, here.settings.model_copy(update={"web": web}))
        with pytest.raises(ConfigError, match="cannot listen on"):
            run(context)


def test_an_api_that_is_not_wanted_is_not_there(here: Here) -> None:
    context: Any = Supervised(here, settings_of(here, enabled=False))
    process = WebProcess(context)
    assert process.step()
    assert process.address == ""
    process.close()


def test_a_server_that_ends_by_itself_is_a_crash(here: Here) -> None:
    context: Any = Supervised(here, settings_of(here))
    process = WebProcess(context)
    process.step()
    assert process._server is not None
    process._server.close()
    with pytest.raises(InputError, match="ended by itself"):
        process.step()
    process.close()


@pytest.mark.parametrize(
    ("web", "needed"),
    [({}, False), ({"host": "0.0.0.0"}, True), ({"trusted_proxies": ("127.0.0.1",)}, True)],
)
def test_the_first_users_token_is_logged_where_it_is_needed(
    empty: Here, caplog: pytest.LogCaptureFixture, web: dict[str, Any], needed: bool
) -> None:
    caplog.set_level(logging.INFO)
    running = Running(Supervised(empty, settings_of(empty, **web)))
    where = running.address().replace("0.0.0.0", "127.0.0.1")
    warned = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert bool(warned) is needed
    body = {"name": "anna", "password": PASSWORD}
    if needed:
        token = warned[0].args[0]  # type: ignore[index]
        body["first_token"] = str(token)
    request = urllib.request.Request(
        f"{where}/api/v1/setup",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.7"}
        if needed
        else {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.loads(answer.read()) == {"done": True}
    running.end()
    assert running.error is None
