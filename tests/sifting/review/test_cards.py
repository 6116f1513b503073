"""One moment on the page; the page's own tests press its buttons."""

from __future__ import annotations

from awry.sifting.review.cards import Addresses
from awry.sifting.review.moments import ReviewMoment


def test_addresses_tell_servers_versions_and_frames_apart() -> None:
    moment = ReviewMoment(2, 10, 20, 15, 0.5, 1)
    addresses = Addresses("k3y")
    assert addresses.of("frame", moment) == "/pictures/k3y/frame/0/2/15"
    assert addresses.of("heat", moment, 3) == addresses.root + "/heat/3/2/15"
