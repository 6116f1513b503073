"""One moment as a template shows it."""

from __future__ import annotations

from gettext import NullTranslations

from awry.sifting.review.cards import Addresses, card_of, state_of
from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.session import ReviewSession


def test_addresses_tell_servers_versions_and_frames_apart() -> None:
    moment = ReviewMoment(2, 10, 20, 15, 0.5, 1)
    addresses = Addresses("k3y")
    assert addresses.of("frame", moment) == "/pictures/k3y/frame/0/2/15"
    assert addresses.of("heat", moment, 3) == addresses.root + "/heat/3/2/15"


def test_a_card_says_what_may_be_done(session: ReviewSession) -> None:
    moment = session.moments[0]
    words = NullTranslations()
    free = card_of(session, moment, Addresses("k"), words, busy=False)
    assert (free.marks, free.heats, free.label, free.change) == (True, True, None, "")
    assert free.key == f"{moment.clip}-{moment.first}-{moment.last}"
    assert free.name == session.run.clips[moment.clip].name
    busy = card_of(session, moment, Addresses("k"), words, busy=True)
    assert (busy.marks, busy.heats) == (False, False)
    assert busy.state != free.state


def test_the_state_of_a_card_changes_with_its_mark_alone(session: ReviewSession) -> None:
    first, second = session.moments[:2]
    before = [state_of(session, moment, busy=False) for moment in (first, second)]
    session.mark(first, "abnormal")
    after = [state_of(session, moment, busy=False) for moment in session.moments[:2]]
    assert after[0] != before[0]
    assert after[1] == before[1]
