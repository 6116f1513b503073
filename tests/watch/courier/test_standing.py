from __future__ import annotations

from awry.watch.clock import ManualClock
from awry.watch.courier.board import Board
from awry.watch.courier.channels import UndeliveredError
from awry.watch.courier.facts import CameraNow
from awry.watch.courier.hands import OwnHands
from awry.watch.courier.standing import Standing
from awry.watch.courier.topics import Topics
from watch_courier import FakeBroker, camera


class Site:
    def __init__(self) -> None:
        self.cameras = [CameraNow(camera(last_score=None))]
        self.broker, self.clock = FakeBroker(), ManualClock()
        self.backs = self.change = 0
        board = Board(Topics("awry", None), "home", lambda path: None)
        self.standing = Standing(
            self.broker,
            board,
            lambda: self.cameras,
            lambda: self.change,
            self.clock,
            OwnHands(),
            self.back,
        )

    def back(self) -> None:
        self.backs += 1


def test_states_are_retained_and_published_when_they_change() -> None:
    site = Site()
    for _ in range(4):
        site.standing.step()
        site.clock.advance(1)
    assert [(topic, retain) for topic, _, retain in site.broker.said] == [
        ("awry/cameras/front/state", True)
    ]
    site.cameras = [CameraNow(camera(last_score=None, state="stalled"))]
    site.standing.step()
    assert len(site.broker.said) == 1, "nothing says that anything changed"
    site.change = 1
    site.clock.advance(1)
    site.standing.step()
    assert len(site.broker.said) == 2
    site.cameras = [CameraNow(camera(last_score=None, state="running"))]
    site.standing.look()
    site.standing.step()
    assert len(site.broker.said) == 3


def test_a_turn_of_the_broker_publishes_all_and_frees_the_events() -> None:
    site = Site()
    site.standing.step()
    site.broker.turns += 1
    site.standing.step()
    assert (len(site.broker.said), site.backs) == (2, 2)


def test_while_the_broker_is_away_nothing_is_tried() -> None:
    site = Site()
    site.broker.connected = False
    site.standing.step()
    assert site.backs == 0
    site.broker.connected = True
    site.standing.step()
    assert len(site.broker.said) == 1


def test_a_broker_lost_on_the_way_is_tried_again() -> None:
    site = Site()

    def lost(topic: str, payload: bytes, *, retain: bool = False) -> None:
        raise UndeliveredError("The connection to the MQTT broker was lost.")

    publish, site.broker.publish = site.broker.publish, lost  # type: ignore[method-assign]
    site.standing.step()
    site.broker.publish = publish  # type: ignore[method-assign]
    site.clock.advance(1)
    site.standing.step()
    assert len(site.broker.said) == 1
