"""Every line of the log is JSON with a process, whoever wrote it."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

import pytest

from awry.watch.supervisor.logs import LONGEST, JsonFormatter, SiteLog, line
from awry.watch.supervisor.scrub import Scrubber

SCRUB = Scrubber({"open-sesame"})


def lines(stream: io.StringIO) -> list[Any]:
    return [json.loads(one) for one in stream.getvalue().splitlines()]


def test_a_line() -> None:
    assert json.loads(line("web", "info", "up", 1_800_000_000.25)) == {
        "at": "2027-01-15T08:00:00.250+00:00",
        "process": "web",
        "level": "info",
        "message": "up",
    }
    assert len(json.loads(line("web", "info", "x" * 100_000, 0.0))["message"]) == LONGEST + 4


def test_records_with_their_traceback_and_without_secrets() -> None:
    try:
        raise ValueError("open-sesame")
    except ValueError:
        record = logging.LogRecord("n", 40, "p", 1, "%s", ("open-sesame",), sys.exc_info())
    said = json.loads(JsonFormatter("ingest door", SCRUB).format(record))
    assert (said["process"], said["level"]) == ("ingest door", "error")
    assert said["message"].startswith("***\nTraceback")
    assert "sesame" not in said["message"]


@pytest.mark.parametrize(
    "text", ["[h264] open-sesame", '{"process": "web"}', "[1]", '"x"', '{"process": "b', "\x00"]
)
def test_whatever_a_library_writes_is_wrapped(text: str) -> None:
    stream = io.StringIO()
    SiteLog(stream, SCRUB).child_line("ingest door", text)
    (said,) = lines(stream)
    assert (said["process"], said["level"]) == ("ingest door", "warning")
    assert said["message"] == text.replace("open-sesame", "***")


def test_a_line_of_ours_is_kept_but_scrubbed() -> None:
    stream = io.StringIO()
    log = SiteLog(stream, SCRUB)
    log.child_line("web", line("web", "error", "open-sesame", 5.0))
    log.child_line("web", line("keeper", "error", "false name", 5.0))
    log.child_line("web", "  ")
    first, second = lines(stream)
    assert (first["level"], first["message"], first["at"][:4]) == ("error", "***", "1970")
    assert (second["process"], second["level"]) == ("web", "warning")


def test_people_get_plain_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    SiteLog(stream, SCRUB).child_line("web", line("web", "info", "up\x1b[2J", 5.0))
    assert stream.getvalue().startswith("00:00:05 web: up")
    assert "\x1b" not in stream.getvalue()


def test_a_log_that_nobody_reads_ends_nothing() -> None:
    stream = io.StringIO()
    log = SiteLog(stream, SCRUB)
    stream.close()
    log.say("up")


def test_what_is_kept_is_scrubbed_json_for_people_at_a_terminal_too() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    kept: list[str] = []
    log = SiteLog(Terminal(), SCRUB)
    log.keep = kept.append
    log.say("open-sesame", "error")
    log.child_line("web", line("web", "info", "open-sesame", 5.0))
    assert [json.loads(one)["message"] for one in kept] == ["***", "***"]
    assert json.loads(kept[0])["process"] == "supervisor"
