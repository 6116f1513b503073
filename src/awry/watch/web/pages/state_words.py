"""States and flags of cameras, and whether they watch, in words for people."""

from __future__ import annotations

from awry.pages.words import translations


def state_words(language: str) -> dict[str, str]:
    """What each state means, by its name."""
    say = translations(language).gettext
    return {
        "disabled": say("Switched off"),
        "misconfigured": say("The settings do not fit the camera"),
        "connecting": say("Connecting"),
        "waiting for a key frame": say("Waiting for the first picture"),
        "learning": say("Learning what is usual"),
        "warming up": say("Starting to watch"),
        "running": say("Watching"),
        "degraded": say("Watching, but not as well as it should"),
        "stalled": say("No pictures come"),
        "back-off": say("Connection lost, tried again and again"),
        "quarantined": say("Crashes again and again"),
    }


def flag_words(language: str) -> dict[str, str]:
    """What is wrong with a picture, by the flag's name."""
    say = translations(language).gettext
    return {
        "dark": say("Too dark"),
        "bright": say("Too bright"),
        "blurred": say("Blurred"),
        "frozen": say("Picture stands still"),
        "covered": say("Covered"),
        "moved": say("Camera was moved"),
    }


def watching_words(language: str) -> dict[str, str]:
    """Whether a camera watches, by `Watching`."""
    say = translations(language).gettext
    return {
        "no": say("Does not watch"),
        "partly": say("Watches badly"),
        "not yet": say("Does not alarm yet"),
        "yes": say("Watches"),
        "off": say("Switched off"),
    }
