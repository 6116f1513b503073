"""What stands around every page: where one is, who is there, and where one can go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A page to go to."""

    href: str
    text: str
    icon: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around a page.

    Attributes:
        site: its name; `zone`: its IANA time zone; empty: that of the browser.
        user: who is logged in; empty: nobody.
        level: what they may: `read`, `feedback` (say what was normal) or `admin`.
        csrf: token for writes; empty: there is no log-in.
        nav: pages that they may see; empty: this one alone.
        account: address of the page for one's own password; empty: none.
    """

    site: str
    zone: str = ""
    user: str = ""
    level: str = ""
    csrf: str = ""
    nav: tuple[Link, ...] = ()
    account: str = ""
