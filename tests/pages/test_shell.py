"""What stands around every page, in an application that has but one."""

from __future__ import annotations

from awry.pages import Kit, Link, Shell


def test_a_page_alone_has_no_navigation_and_nobody_to_log_out() -> None:
    text = Kit().text("problem.html", "en", shell=Shell("june"), message="<b>Gone.</b>")
    assert "<nav" not in text
    assert "data-log-out" not in text
    assert '<span class="only-read">Appearance</span>' in text
    assert "&lt;b&gt;Gone.&lt;/b&gt;" in text


def test_a_page_of_several_says_where_one_is() -> None:
    nav = (Link("/", "Now", "grid"), Link("/events", "Events", "list", here=True))
    shell = Shell("yard", user="ann", csrf="t", nav=nav, account="/account")
    text = Kit().text("problem.html", "en", shell=shell, message="")
    assert text.count("<nav") == 1
    assert '<a href="/events" aria-current="page">' in text
    assert "data-log-out" in text
    assert '<span class="only-read">Account and appearance</span>' in text
