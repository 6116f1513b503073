"""One contract for links over sockets and in memory, through death on either side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from awry.watch.ipc import places
from awry.watch.ipc.channel import SocketHub, SocketLink
from awry.watch.ipc.links import Hub, Link, Received
from awry.watch.ipc.memory import Wire
from awry.watch.messages import Answer, Due, Hello, Load, Message, Request, Scored


class Road:
    """Makes hubs and links of one kind."""

    def __init__(self, hub: Callable[[], Hub], link: Callable[..., Link]) -> None:
        self.hub, self.link = hub, link


@pytest.fixture(params=["sockets", "memory"])
def road(request: pytest.FixtureRequest) -> Iterator[Road]:
    opened: list[Hub | Link] = []

    if request.param == "memory":
        wire = Wire()
        yield Road(wire.hub, wire.link)
        return
    folder = places.make_folder()
    place, pids = places.keeper(folder), iter(range(1, 100))

    def link(process: str, name: str = "") -> Link:
        opened.append(one := SocketLink(place, Hello(process, name, next(pids))))
        return one

    def hub() -> Hub:
        opened.append(one := SocketHub(place))
        return one

    yield Road(hub, link)
    for one in opened:
        one.close()
    place.unlink(missing_ok=True)
    folder.rmdir()


def scored(step: int, size: int = 0) -> Scored:
    return Scored("door", 1.0 * step, "s", step, "b", 0.5, picture=bytes(size))


def pump(hub: Hub, *links: Link, until: Callable[[list[Received]], object]) -> list[Received]:
    """Let both sides work until something is so."""
    came: list[Received] = []
    for _ in range(2000):
        for link in links:
            link.poll(0.001)
        came += hub.poll(0.001)
        if until(came):
            return came
    raise AssertionError("it never came")


def numbers(came: Sequence[Received]) -> list[int]:
    return [one.message.step for one in came if isinstance(one.message, Scored)]


def test_messages_come_in_order_and_are_forgotten_once_done(road: Road) -> None:
    link, hub = road.link("scorer", "0"), road.hub()
    for step in range(50):
        link.send(scored(step))
    came = pump(hub, link, until=lambda came: len(came) == 50)
    assert numbers(came) == list(range(50))
    assert (came[0].sender.process, came[0].sender.name) == ("scorer", "0")
    assert link.waiting == 50
    for one in came:
        hub.done(one)
    pump(hub, link, until=lambda _: link.waiting == 0)


def test_what_was_sent_before_the_hub_was_there_comes(road: Road) -> None:
    link = road.link("web")
    link.send(Request("u", "pin"))
    hub = road.hub()
    (came,) = pump(hub, link, until=bool)
    assert came.message == Request("u", "pin")


def test_a_new_hub_gets_again_what_was_not_done(road: Road) -> None:
    link, hub = road.link("scorer", "0"), road.hub()
    for step in range(5):
        link.send(scored(step))
    came = pump(hub, link, until=lambda came: len(came) == 5)
    hub.done(came[0])
    hub.done(came[1])
    pump(hub, link, until=lambda _: link.waiting == 3)
    hub.close()
    link.send(scored(5))
    later = road.hub()
    again = pump(later, link, until=lambda came: len(came) == 4)
    assert numbers(again) == [2, 3, 4, 5]
    for one in again:
        later.done(one)
    pump(later, link, until=lambda _: link.waiting == 0)


def test_done_of_an_old_process_is_not_done_of_the_new(road: Road) -> None:
    old, hub = road.link("scorer", "0"), road.hub()
    old.send(scored(1))
    (first,) = pump(hub, old, until=bool)
    new = road.link("scorer", "0")
    new.send(scored(2))
    (second,) = pump(hub, new, until=bool)
    hub.done(first)
    hub.done(first)
    for _ in range(5):
        hub.poll()
        new.poll()
    assert new.waiting == 1
    hub.done(second)
    pump(hub, new, until=lambda _: new.waiting == 0)


def test_the_hub_answers(road: Road) -> None:
    link, hub = road.link("web"), road.hub()
    link.send(Request("u", "pin"))
    (came,) = pump(hub, link, until=bool)
    assert hub.send(came.sender.process, came.sender.name, Answer("u", "{}"))
    answers: list[Message] = []
    for _ in range(1000):
        answers += link.poll(0.01)
        if answers:
            break
    assert answers == [Answer("u", "{}")]
    assert [one.process for one in hub.connected] == ["web"]
    assert not hub.send("courier", "", Due())


def test_what_may_be_lost_is_not_sent_again(road: Road) -> None:
    link = road.link("scorer", "0")
    link.send(Load("scorer", "0", 1.0), certain=False)
    assert link.waiting == 0
    hub = road.hub()
    link.send(scored(1))
    pump(hub, link, until=bool)
    link.send(Load("scorer", "0", 2.0), certain=False)
    came = pump(hub, link, until=bool)
    assert [one.message for one in came] == [Load("scorer", "0", 2.0)]
    assert came[0].number == 0
    hub.done(came[0])


def test_a_closed_link_is_gone(road: Road) -> None:
    link, hub = road.link("web"), road.hub()
    link.send(Request("u", "pin"))
    pump(hub, link, until=bool)
    link.close()
    pump(hub, until=lambda _: not hub.connected)
    assert not hub.send("web", "", Due())


def test_the_clock_decides_nothing_without_messages(road: Road) -> None:
    hub = road.hub()
    began = time.monotonic()
    assert list(hub.poll(0.01)) == []
    assert time.monotonic() - began < 5
