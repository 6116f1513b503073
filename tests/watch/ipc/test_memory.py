"""Links and mailboxes in memory; what they share with sockets is in test_links and test_mailbox."""

from __future__ import annotations

from awry.watch.ipc.memory import MemoryContext, MemoryLink, Wire
from awry.watch.messages import Beat, Configure, Hello, Request, Scored, Stop, Train


def scored(step: int) -> Scored:
    return Scored("door", 1.0 * step, "s", step, "b", 0.5)


def test_the_bound_gives_up_scores_first() -> None:
    wire = Wire()
    link = MemoryLink(wire, Hello("scorer", "0", 1), limit_bytes=3000)
    link.send(Request("u", "pin"))
    for step in range(20):
        link.send(scored(step))
    assert link.lost == 11
    request, *scores = [one.message for one in wire.hub().poll()]
    assert isinstance(request, Request)
    assert [one.step for one in scores if isinstance(one, Scored)] == list(range(11, 20))


def test_a_hub_that_was_replaced_reaches_nobody() -> None:
    wire = Wire()
    old, link = wire.hub(), wire.link("web")
    wire.hub()
    assert not old.send("web", "", Stop())
    assert list(old.connected) == []
    old.close()
    link.send(Request("u", "pin"))
    assert list(old.poll()) == []
    assert link.waiting == 1


def test_a_link_that_was_replaced_says_nothing_more() -> None:
    wire = Wire()
    old, hub = wire.link("web"), wire.hub()
    new = wire.link("web")
    old.send(Request("old", "pin"))
    new.send(Request("new", "pin"))
    assert [one.message for one in hub.poll()] == [Request("new", "pin")]
    old.close()
    assert [one.process for one in hub.connected] == ["web"]


def test_a_context_plays_the_supervisor() -> None:
    wire = Wire()
    context = MemoryContext(wire, "ingest", "door", '"first"')
    assert (context.name, context.settings, context.clock) == ("door", '"first"', wire.clock)
    context.tell(Configure('"second"'))
    assert context.poll() == [Configure('"second"')]
    assert context.settings == '"second"'
    context.say(Train("door"))
    context.say(Beat())
    assert (context.said, context.beats) == ([Train("door")], 2)
    hub = context.hub()
    context.keeper.send(Request("u", "pin"))
    (came,) = hub.poll()
    assert (came.sender.process, came.sender.name) == ("ingest", "door")
    sink, source = context.frames_out("door"), context.frames_in("door")
    assert source.next() is None
    assert sink.dropped == 0
