from __future__ import annotations

from awry.watch.checking.result import Finding, SiteCheck


def test_what_a_check_says() -> None:
    found = SiteCheck(
        "site.yaml",
        (
            Finding("store", "fine", "It can be written."),
            Finding("web", "warning", "Others can read along."),
            Finding("camera door", "problem", "It does not answer."),
        ),
        0.4,
    )
    assert (len(found), len(found.problems), len(found.warnings)) == (3, 1, 1)
    assert found.runs
    assert found.to_dict()["runs"] is True
    assert [row["subject"] for row in found.rows()] == [one.subject for one in found]
    assert [(card.label, card.value) for card in found.cards()] == [
        ("problems", "1"),
        ("warnings", "1"),
        ("load", "40%"),
    ]


def test_what_stops_a_site() -> None:
    found = SiteCheck("site.yaml", (Finding("settings", "problem", "x", stops=True),))
    assert not found.runs
    assert len(found.cards()) == 2
