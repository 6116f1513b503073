from __future__ import annotations

import pytest

from awry.watch.site.units import duration, gib_of, measured, seconds_of, unit_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1.5m", 90), ("2 min", 120), ("24h", 86400), ("1D", 86400), ("1h 30m", 5400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 seconds"),
        (1, "1 second"),
        (59.7, "1 minute"),
        (60, "1 minute"),
        (90, "1.5 minutes"),
        (3599.9, "1 hour"),
        (86_400, "24 hours"),
        (129_600, "36 hours"),
        (172_800, "2 days"),
        (604_800, "7 days"),
    ],
)
def test_durations_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("text", ["", "24", "h", "24 parsecs", "-1h", "1h-", "1,5h", "1h30"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="30s, 5m, 24h or 2d"):
        seconds_of(text)


def test_sizes() -> None:
    assert gib_of("1TiB") == 1024
    assert gib_of("1GB") == pytest.approx(0.9313, abs=1e-4)
    with pytest.raises(ValueError, match="500MiB"):
        gib_of("1 stone")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("days", "2w", 14),
        ("session_hours", "30m", 0.5),
        ("seconds", "1d", 86400),
        ("gib", "512MiB", 0.5),
    ],
)
def test_each_setting_has_its_own_unit(field: str, text: str, value: float) -> None:
    assert measured(field, text) == value


def test_most_settings_have_no_unit() -> None:
    assert [unit_of(name) for name in ("port", "budget", "store", "tls")] == [None] * 4
