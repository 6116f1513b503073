from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from awry.watch.clock import ManualClock
from awry.watch.courier.channels import UndeliveredError
from awry.watch.courier.core import Courier
from awry.watch.courier.hands import Outcome, OwnHands
from awry.watch.courier.journal import Journal
from watch_courier import NOW, FakeReceiver, MemoryOutbox, row, stored

SHOP = ("webhook", "shop")


def courier(
    outbox: MemoryOutbox,
    clock: ManualClock,
    receiver: FakeReceiver,
    journal: Journal | None = None,
) -> Courier:
    return Courier(outbox, {SHOP: receiver}, outbox.tell, clock, OwnHands(), journal)


def run(one: Courier, clock: ManualClock, seconds: float, step: float = 1.0) -> None:
    for _ in range(round(seconds / step)):
        one.step()
        clock.advance(step)


def test_each_row_arrives_once_in_order() -> None:
    outbox, clock, shop = MemoryOutbox(), ManualClock(NOW), FakeReceiver()
    outbox.add(row(1), row(2, "e2"), row(3, kind="end"))
    run(courier(outbox, clock, shop), clock, 10)
    assert shop.got == [[("e1", "new")], [("e2", "new")], [("e1", "end")]]
    assert outbox.states() == ["sent"] * 3


def test_an_hour_away_loses_nothing_and_repeats_nothing() -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    shop = FakeReceiver(error=UndeliveredError("No answer."))
    one = courier(outbox, clock, shop)
    for minute in range(60):
        number = 2 * minute + 1
        outbox.add(row(number, f"e{minute}", made=clock.now()))
        run(one, clock, 20)
        outbox.add(row(number + 1, f"e{minute}", "end", made=clock.now()))
        run(one, clock, 40)
    assert shop.tries < 20, "a receiver that is away is left alone"
    assert set(outbox.states()) == {"waiting"}
    shop.error = None
    run(one, clock, 700)
    assert outbox.states() == ["sent"] * 120
    told = [each for batch in shop.got for each in batch]
    assert sorted(told) == sorted((f"e{n}", kind) for n in range(60) for kind in ("new", "end"))
    assert len(shop.got) <= 61, "ended events come as one message each"


def test_people_get_one_digest_after_an_hour() -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    person = FakeReceiver(people=True, error=UndeliveredError("No answer."))
    outbox.add(*(row(n, f"e{n}", made=NOW + n) for n in range(50)))
    one = courier(outbox, clock, person)
    run(one, clock, 3600, 5)
    person.error = None
    run(one, clock, 700, 5)
    assert [len(batch) for batch in person.got] == [50]


def test_a_row_that_is_refused_holds_up_no_other() -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    shop = FakeReceiver(refused=frozenset({"bad"}))
    outbox.add(row(1, "bad"), row(2, "good"), row(3, "bad", "end"), row(4, "fine"))
    run(courier(outbox, clock, shop), clock, 60)
    assert shop.got == [[("good", "new")], [("fine", "new")]]
    assert outbox.states() == ["waiting", "sent", "waiting", "sent"]


class HeldHands:
    """Begins work and never ends that of one delivery."""

    def __init__(self) -> None:
        self.quick = OwnHands()

    def start(self, delivery: str, work) -> None:  # type: ignore[no-untyped-def]
        if delivery != "webhook/slow":
            self.quick.start(delivery, work)

    def finished(self) -> list[Outcome]:
        return list(self.quick.finished())


def test_a_slow_receiver_holds_up_no_other() -> None:
    outbox, clock, shop = MemoryOutbox(), ManualClock(NOW), FakeReceiver()
    outbox.add(*(row(n, f"e{n}", target=("slow", "shop")[n % 2]) for n in range(20)))
    channels = {SHOP: shop, ("webhook", "slow"): FakeReceiver()}
    one = Courier(outbox, channels, outbox.tell, clock, HeldHands())
    run(one, clock, 20)
    assert len(shop.got) == 10
    assert one.under_way == 1


def test_a_killed_courier_sends_nothing_twice(tmp_path: Path) -> None:
    outbox, clock, shop = MemoryOutbox(), ManualClock(NOW), FakeReceiver()
    outbox.keeper_away = True
    outbox.add(row(1), row(2, "e2"))
    run(courier(outbox, clock, shop, Journal(tmp_path / "sent")), clock, 5)
    assert len(shop.got) == 2
    assert outbox.states() == ["waiting"] * 2
    outbox.told.clear()
    outbox.keeper_away = False
    journal = Journal(tmp_path / "sent")
    run(courier(outbox, clock, shop, journal), clock, 20)
    assert len(shop.got) == 2
    assert outbox.states() == ["sent"] * 2, "the keeper is told again"
    assert len(journal) == 0


def test_a_keeper_that_is_away_means_no_repetition() -> None:
    outbox, clock, shop = MemoryOutbox(), ManualClock(NOW), FakeReceiver()
    outbox.keeper_away = True
    outbox.add(row(1), row(2, "gone"))
    shop.error = None
    one = courier(outbox, clock, shop)
    run(one, clock, 3)
    shop.error = UndeliveredError("It answered 404.", again=False)
    outbox.add(row(3, "third"))
    run(one, clock, 100)
    assert len(shop.got) == 2
    assert [said.row for said in outbox.told] == [1, 2, 3], "nor is the keeper told twice"


def test_rows_of_a_receiver_that_is_gone_are_dead_and_say_so() -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    outbox.add(row(1, target="old"))
    run(courier(outbox, clock, FakeReceiver()), clock, 3)
    assert outbox.states() == ["dead"]
    assert "'old'" in outbox.rows[1].error


def test_foreign_errors_are_told_by_their_kind_alone() -> None:
    class Leaky(FakeReceiver):
        def send(self, letter: object) -> None:
            raise RuntimeError("https://user:secret@host")

    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    outbox.add(row(1))
    run(courier(outbox, clock, Leaky()), clock, 2)
    assert outbox.rows[1].error == "It could not be sent: RuntimeError."


def test_new_rows_are_seen_at_once_when_told_and_soon_otherwise() -> None:
    outbox, clock, shop = MemoryOutbox(), ManualClock(NOW), FakeReceiver()
    one = courier(outbox, clock, shop)
    one.step()
    outbox.add(row(1))
    one.step()
    assert not shop.got
    one.look()
    one.step()
    assert len(shop.got) == 1
    one.step()
    outbox.add(row(2, "e2"))
    run(one, clock, 7)
    assert len(shop.got) == 2


def test_letters_hold_the_events() -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    seen = []

    class Reader(FakeReceiver):
        def send(self, letter) -> None:  # type: ignore[no-untyped-def]
            seen.append((letter.site, letter.events))

    outbox.add(row(1))
    outbox.stored["e1"] = stored()
    one = Courier(outbox, {SHOP: Reader()}, outbox.tell, clock, OwnHands(), site="home")
    one.step()
    assert seen == [("home", {"e1": stored()})]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["down", "up", "event", "kill", "keeper", "later", "back", "jump"]),
            st.integers(1, 400),
        ),
        max_size=30,
    )
)
def test_whatever_happens_all_arrive_once(story: list[tuple[str, int]]) -> None:
    outbox, clock, shop, journal = MemoryOutbox(), ManualClock(NOW), FakeReceiver(), Journal()
    one, number = courier(outbox, clock, shop, journal), 0
    for what, value in story:
        if what == "event":
            number += 2
            outbox.add(row(number, f"e{number}", made=clock.now()))
            outbox.add(row(number + 1, f"e{number}", "end", made=clock.now()))
            one.look()
        elif what == "kill":
            one = courier(outbox, clock, shop, journal)
        elif what == "keeper":
            outbox.keeper_away = not outbox.keeper_away
            if not outbox.keeper_away:  # its links say again what it has not done
                for said in outbox.told:
                    if outbox.rows[said.row].state == "waiting":
                        outbox.do(said)
        elif what in ("down", "up"):
            shop.error = UndeliveredError("No answer.") if what == "down" else None
        elif what == "jump":
            clock.jump((value - 200) * 50.0)
        run(one, clock, value if what == "later" else 2, 1.0)
    shop.error, outbox.keeper_away = None, False
    run(one, clock, 3 * number + 1300, 1.0)
    told = [each for batch in shop.got for each in batch]
    events = [f"e{n}" for n in range(2, number + 1, 2)]
    assert sorted(told) == sorted((name, kind) for name in events for kind in ("new", "end"))
    for name in events:
        assert [kind for subject, kind in told if subject == name] == ["new", "end"]
