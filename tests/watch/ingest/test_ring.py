from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from awry.watch.ingest.ring import Ring
from ingest_fakes import bare


def filled(ring: Ring, seconds: int, key_every: float = 1.0, rate: int = 10) -> Ring:
    for number in range(seconds * rate):
        ring.add(bare(number / rate, key=number % round(key_every * rate) == 0))
    return ring


def test_it_begins_with_a_key_packet() -> None:
    ring = Ring(10**6, 100)
    assert not ring.add(bare(0))
    assert ring.add(bare(1, key=True))
    assert ring.add(bare(2))
    assert ring.left_out == 1
    assert [one.at for one in ring.since(0)] == [1, 2]


def test_from_the_last_key_packet_before() -> None:
    ring = filled(Ring(10**6, 100), 10)
    assert next(ring.since(4.55)).at == 4.0
    assert next(ring.since(4.0)).at == 4.0
    assert next(ring.since(-5)).at == 0.0
    assert next(ring.since(99)).at == 9.0
    assert list(Ring(1, 1).since(0)) == []


def test_seconds_are_capped() -> None:
    ring = filled(Ring(10**9, 20), 60)
    assert 20 <= ring.seconds <= 21
    assert next(ring.since(0)).at >= 38.9


def test_the_clock_that_is_set_empties_nothing() -> None:
    ring = filled(Ring(10**9, 20), 30)
    count = len(list(ring.since(0)))
    late = bare(30, key=True)
    late.at += 3600
    ring.add(late)
    assert len(list(ring.since(0))) == count + 1


def test_bytes_are_capped() -> None:
    ring = filled(Ring(25_000, 100), 60)
    assert ring.size <= 25_000
    assert ring.size == sum(len(one.data) for one in ring.since(0))


def test_a_group_that_is_too_large_is_left_out() -> None:
    ring = filled(Ring(5_000, 100), 3, key_every=100)
    assert ring.size <= 5_000
    assert list(ring.since(0)) == []
    assert not ring.add(bare(4))
    assert ring.add(bare(5, key=True))


def test_a_group_that_never_ends_is_left_out() -> None:
    ring = filled(Ring(10**9, 20), 200, key_every=1000)
    assert ring.seconds <= 41


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3000), st.floats(0, 3)), max_size=150))
def test_it_is_bounded_and_begins_with_key_packets(pieces: list[tuple[bool, int, float]]) -> None:
    ring, at = Ring(10_000, 30), 0.0
    for key, size, passed in pieces:
        at += passed
        ring.add(bare(at, key=key, size=size))
        kept = list(ring.since(0))
        assert ring.size == sum(len(one.data) for one in kept) <= 10_000
        assert not kept or kept[0].is_key
        assert ring.seconds <= 63
