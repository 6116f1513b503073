"""What a template shows of one moment: its pictures, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations
from hashlib import sha256

from awry.sifting.review.descriptions import change_of, describe
from awry.sifting.review.log import Label
from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.session import ReviewSession


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where pictures are.

    Attributes:
        key: tells this server's pictures from any other's in a browser's memory.
    """

    key: str

    @property
    def root(self) -> str:
        """What they all begin with."""
        return f"/pictures/{self.key}"

    def of(self, kind: str, moment: ReviewMoment, version: int = 0) -> str:
        """A moment's `frame`, `heat` or `clip`."""
        return f"{self.root}/{kind}/{version}/{moment.clip}/{moment.place}"


@dataclass(frozen=True, slots=True)
class Card:
    """A moment as a template shows it.

    Attributes:
        moment: what is shown.
        state: see `state_of`.
        name: of its clip.
        words: its frames and its time.
        change: how its rank moved by the last retraining; may be empty.
        frame, heat, clip: addresses of its pictures.
        marks: whether it can be marked just now.
        heats: whether there are heat maps just now.
    """

    moment: ReviewMoment
    state: str
    name: str
    words: str
    change: str
    frame: str
    heat: str
    clip: str
    marks: bool
    heats: bool

    @property
    def key(self) -> str:
        """Names the moment on a page."""
        return key_of(self.moment)

    @property
    def label(self) -> Label | None:
        """What was said of it."""
        return self.moment.label


def key_of(moment: ReviewMoment) -> str:
    """Names a moment on a page: its clip's number, its first and its last place."""
    return f"{moment.clip}-{moment.first}-{moment.last}"


def card_of(
    session: ReviewSession,
    moment: ReviewMoment,
    addresses: Addresses,
    words: NullTranslations,
    *,
    busy: bool,
) -> Card:
    """What a template shows of a moment.

    Args:
        session: whose moment it is.
        moment: what is shown.
        addresses: where its pictures are.
        words: of the language.
        busy: whether learning is under way.
    """
    return Card(
        moment=moment,
        state=state_of(session, moment, busy=busy),
        name=session.run.clips[moment.clip].name,
        words=describe(session, moment, words),
        change=change_of(session, moment, words),
        frame=addresses.of("frame", moment),
        heat=addresses.of("heat", moment, session.interactions),
        clip=addresses.of("clip", moment),
        marks=not (busy or session.read_only),
        heats=not busy,
    )


def state_of(session: ReviewSession, moment: ReviewMoment, *, busy: bool) -> str:
    """Tells whether the card of a moment, known by its key, has to be drawn anew."""
    changed = session.changes is not None
    all_of_it = (moment, session.interactions, changed, busy, session.read_only)
    return sha256(repr(all_of_it).encode()).hexdigest()[:12]
