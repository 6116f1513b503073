from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from awry.video.places import Packet, Places


def _announced(places: Places, stamps: list[int | None]) -> list[Packet]:
    return [places.announce(stamp) for stamp in stamps]


def _shown(places: Places, packets: list[Packet], **how: bool) -> list[int]:
    for packet in packets:
        places.arrived(packet)
    return [places.place(packet, **how).place for packet in packets]


def test_a_lost_packet_keeps_its_place_by_its_stamp() -> None:
    places = Places(0.1, None)
    first, _lost, second, late = _announced(places, [0, 3, 1, 7])
    assert _shown(places, [first, second, late]) == [0, 1, 3]
    assert places.length == 4


def test_without_stamps_a_refused_packet_counts_by_its_number() -> None:
    places = Places(0.1, None, counted=True)
    packets = _announced(places, [None] * 4)
    packets[1].failed = True
    assert _shown(places, [packets[0], packets[2], packets[3]]) == [0, 2, 3]


def test_packets_without_a_picture_are_lost_at_once_only_where_nothing_is_reordered() -> None:
    for reorders, expected in ((False, [0, 2]), (True, [0, 1])):
        places = Places(0.1, None, counted=True)
        packets = _announced(places, [None] * 3)
        assert _shown(places, [packets[0], packets[2]], reorders=reorders) == expected


def test_equal_steps_tell_what_has_no_packet() -> None:
    for tells, expected in ((True, [0, 1, 5]), (False, [0, 1, 2])):
        places = Places(0.1, 1.0, gaps_are_losses=tells)
        assert _shown(places, _announced(places, [0, 10, 50])) == expected


def test_a_gap_of_minutes_is_none_of_lost_frames() -> None:
    places = Places(0.1, 1.0, gaps_are_losses=True)
    assert _shown(places, _announced(places, [0, 10, 6000])) == [0, 1, 2]


def test_a_gap_of_no_whole_steps_is_no_loss() -> None:
    places = Places(0.1, 1.0, gaps_are_losses=True)
    assert _shown(places, _announced(places, [0, 10, 25])) == [0, 1, 2]


def test_second_fields_are_no_pictures_of_their_own() -> None:
    places = Places(0.1, 1.0, gaps_are_losses=True)
    packets = _announced(places, [0, 5, 10, 15, 20, 25])
    assert _shown(places, packets[::2], reorders=True) == [0, 1, 2]


def test_a_wild_stamp_opens_no_gap() -> None:
    places = Places(0.1, 1.0, gaps_are_losses=True)
    packets = _announced(places, [0, 10, 98000, 30, 40])
    for packet in packets:
        places.arrived(packet)
    placed = [places.place(p, packets[n + 1 :]).place for n, p in enumerate(packets)]
    assert placed == [0, 1, 2, 3, 4]


def test_numbers_that_a_container_leaves_out_are_lost() -> None:
    places = Places(0.1, None, counted=True)
    packets = [places.announce(None, 0), places.announce(None, 4)]
    assert _shown(places, packets) == [0, 4]


def test_what_came_before_a_live_stream_began_does_not_count() -> None:
    places = Places(0.1, None, from_first=True)
    packets = _announced(places, [0, 1, 2])
    assert _shown(places, packets[2:]) == [0]


def test_a_picture_that_comes_late_is_not_lost() -> None:
    places = Places(0.1, None)
    first, late, second = _announced(places, [0, 1, 2])
    assert _shown(places, [first]) + _shown(places, [second]) == [0, 2]
    assert _shown(places, [late]) == [3]
    assert places.finish() == 0


def test_what_never_came_is_missing_at_the_end() -> None:
    places = Places(0.1, None)
    packets = _announced(places, [0, 1, 2, 3])
    _shown(places, packets[:2])
    assert places.finish() == 2
    assert places.length == 4


@given(
    st.lists(st.booleans(), min_size=1, max_size=60).filter(any),
    st.booleans(),
    st.sampled_from([None, 1.0]),
)
def test_every_picture_has_its_own_place(there: list[bool], stamped: bool, step) -> None:
    places = Places(0.1, step, counted=not stamped, gaps_are_losses=True)
    packets = _announced(places, [10 * n if stamped else None for n in range(len(there))])
    came = [packet for packet, good in zip(packets, there, strict=True) if good]
    shown = _shown(places, came, reorders=False)
    assert shown == [packet.number for packet in came]
    assert places.length == len(there)
