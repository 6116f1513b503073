from __future__ import annotations

import json

from awry.watch.courier.board import Board, Publication
from awry.watch.courier.facts import CameraNow
from awry.watch.courier.topics import Topics
from watch_courier import NOW, camera, stored

TOPICS = Topics("awry", "homeassistant")


def publish(board: Board, cameras: list[CameraNow], at: float) -> list[Publication]:
    found = board.changes(cameras, at)
    for one in found:
        board.published(one)
    return found


def topics(found: list[Publication]) -> list[str]:
    return [one.topic.removeprefix("awry/cameras/") for one in found]


def test_first_everything_then_what_changed() -> None:
    board = Board(TOPICS, "home", lambda path: b"JPEG " + path.encode())
    calm = [CameraNow(camera())]
    first = publish(board, calm, 0)
    assert topics(first) == [
        "homeassistant/device/awry_front/config",
        "front/state",
        "front/score",
    ]
    assert not publish(board, calm, 1)
    alarm = [CameraNow(camera(last_score=9.0), True, None, stored(picture="p.jpg"))]
    second = publish(board, alarm, 2)
    assert topics(second) == ["front/state", "front/picture"], "a score every five seconds"
    assert json.loads(second[0].payload)["alarm"] is True
    assert second[1].payload == b"JPEG p.jpg"
    assert topics(publish(board, alarm, 5.5)) == ["front/score"]


def test_after_a_reconnect_everything_again() -> None:
    board = Board(TOPICS, "home", lambda path: None)
    calm = [CameraNow(camera())]
    before = publish(board, calm, 0)
    board.forget()
    assert publish(board, calm, 0.5) == before


def test_what_was_not_published_is_tried_again() -> None:
    board = Board(Topics("awry", None), "home", lambda path: None)
    calm = [CameraNow(camera(last_score=None))]
    assert board.changes(calm, 0) == board.changes(calm, 1)
    assert topics(board.changes(calm, 2)) == ["front/state"]


def test_a_removed_camera_is_taken_away() -> None:
    board = Board(TOPICS, "home", lambda path: None)
    gone = [CameraNow(camera(removed=NOW))]
    found = publish(board, gone, 0)
    assert len(found) == 4
    assert not any(one.payload for one in found)
    assert not publish(board, gone, 1)


def test_a_picture_that_is_gone_is_left_out() -> None:
    board = Board(TOPICS, "home", lambda path: None)
    now = [CameraNow(camera(), False, None, stored(annotated="a.jpg"))]
    assert "front/picture" not in topics(board.changes(now, 0))
