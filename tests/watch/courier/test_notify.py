from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.watch.courier.channels import UndeliveredError
from awry.watch.courier.notify import Notify
from watch_courier import http_sink, letter, row, stored

# Apprise looks for a module that Python is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")


def as_apprise(url: str) -> str:
    return url.replace("http://", "json://") + "/token-hush"


def test_one_message_with_its_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"JPEG")
    event = stored(annotated="a.jpg", picture="p.jpg")
    with http_sink() as sink:
        Notify(as_apprise(sink.url), tmp_path).send(letter(events=[event]))
        Notify(as_apprise(sink.url), tmp_path, snapshot=False).send(letter(events=[event]))
    first, second = (json.loads(body) for _, _, body in sink.came)
    assert first["title"] == "front: something unusual"
    assert [one["filename"] for one in first["attachments"]] == ["a.jpg"]
    assert second["attachments"] == []


def test_a_picture_that_is_gone_does_not_keep_the_message(tmp_path: Path) -> None:
    with http_sink() as sink:
        Notify(as_apprise(sink.url), tmp_path).send(letter(events=[stored(picture="p.jpg")]))
    assert json.loads(sink.came[0][2])["attachments"] == []


def test_people_hear_of_an_event_once(tmp_path: Path) -> None:
    with http_sink() as sink:
        Notify(as_apprise(sink.url), tmp_path).send(letter(row(1, kind="end"), events=[stored()]))
    assert not sink.came


def test_a_refusal_is_told_without_the_address(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with http_sink() as sink:
        sink.answers.append((503, {}))
        notify = Notify(as_apprise(sink.url), tmp_path)
        with pytest.raises(UndeliveredError, match="answered 503") as caught:
            notify.send(letter())
    assert caught.value.again
    assert "hush" not in str(caught.value)
    assert "hush" not in "".join(capfd.readouterr())


def test_an_address_that_apprise_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UndeliveredError, match="does not know") as caught:
        Notify("nosuch://hush", tmp_path).send(letter())
    assert not caught.value.again
    assert "hush" not in str(caught.value)
