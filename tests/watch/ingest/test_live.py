"""What is live of a camera: its newest picture and packets, for nobody, one or many."""

from __future__ import annotations

import cv2
import numpy as np

from awry.watch.ingest.live import GROUP_BYTES, Follower, Live
from awry.watch.ingest.packets import Piece
from ingest_fakes import bare, moving
from live_fakes import camera, frame

RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def stamps(follower: Follower) -> list[float]:
    found = []
    while (piece := follower.take()) is not None:
        found.append(piece.at)
    return found


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def fed(live: Live, *pieces: Piece) -> None:
    for one in pieces:
        live.add(one)


def test_who_comes_begins_at_the_newest_key_packet() -> None:
    live = Live(camera(), lambda: 0.0)
    fed(live, bare(1), bare(2, key=True), bare(3), bare(4, key=True), bare(5))
    one = live.follow()
    fed(live, bare(6))
    assert stamps(one) == [4, 5, 6]
    live.leave(one)
    fed(live, bare(7, key=True))
    assert stamps(one) == []
    assert stamps(live.follow()) == [7]


def test_what_is_old_is_no_beginning() -> None:
    live = Live(camera(), lambda: 9.0)
    fed(live, bare(1, key=True), bare(5.5))
    one = live.follow()
    assert stamps(one) == []
    fed(live, bare(9), bare(9.1, key=True))
    assert stamps(one) == [9, 9.1]


def test_who_is_slow_misses_all_up_to_the_next_key_packet() -> None:
    live = Live(camera(), lambda: 0.0)
    slow, quick = live.follow(), live.follow()
    fed(live, bare(1, key=True, size=3 * 2**20), bare(2, size=3 * 2**20))
    assert stamps(quick) == [1, 2]
    fed(live, bare(3, size=3 * 2**20), bare(4), bare(5, key=True), bare(6))
    assert stamps(quick) == [3, 4, 5, 6]
    assert stamps(slow) == [5, 6]


def test_a_stretch_without_key_packets_is_not_kept_for_ever() -> None:
    live = Live(camera(), lambda: 0.0)
    fed(live, bare(1, key=True), *(bare(2, size=GROUP_BYTES // 4) for _ in range(4)), bare(3))
    assert stamps(live.follow()) == []
    fed(live, bare(4, key=True))
    assert stamps(live.follow()) == [4]


def test_another_run_or_a_lost_connection_ends_video() -> None:
    woken: list[int] = []
    live = Live(camera(), lambda: 0.0)
    live.wake = lambda: woken.append(1)
    fed(live, bare(1, key=True))
    assert woken == []  # nobody watches
    one = live.follow()
    fed(live, bare(2, key=True, run=2))
    assert (one.ended, one.waits) == ("The camera's stream has changed.", True)
    other = live.follow()
    live.lost("The other side ended it.")
    assert other.ended == "The other side ended it."
    assert stamps(live.follow()) == []
    assert woken == [1, 1]


def test_sound_is_left_out() -> None:
    live = Live(camera(), lambda: 0.0)
    sound = bare(2)
    sound.audio = True
    fed(live, bare(1, key=True), sound)
    assert stamps(live.follow()) == [1]


def test_pictures_of_the_size_that_is_asked_for() -> None:
    live = Live(camera(), lambda: 0.0)
    assert live.picture(0) is None
    live.see(frame(), 12.5)
    whole, small = live.picture(0), live.picture(80)
    assert whole is not None
    assert small is not None
    assert (whole.at, whole.width, whole.height) == (12.5, 160, 120)
    assert decoded(small.jpeg).shape == (60, 80, 3)
    assert live.picture(80) is small  # made once
    assert live.picture(1000).width == 160  # type: ignore[union-attr]
    difference = np.abs(decoded(whole.jpeg)[..., ::-1].astype(int) - moving(0))
    assert difference.mean() < 15
    live.see(frame(9), 13.0)
    assert live.picture(80) is not small


def test_what_is_masked_is_black_and_gives_no_video() -> None:
    live = Live(camera(recording="masked", ignore=[RIGHT]), lambda: 0.0)
    live.see(frame(), 1.0)
    made = live.picture(0)
    assert made is not None
    picture = decoded(made.jpeg)
    assert live.masked
    assert picture[:, 90:].max() < 12
    assert picture[:, :70].mean() > 60
    one = live.follow()
    live.use(camera(recording="copy", ignore=[RIGHT]))
    assert one.ended == "The camera's settings changed."
    assert not live.masked
    shown = live.picture(0)
    assert shown is not None
    assert decoded(shown.jpeg)[:, 90:].mean() > 60
