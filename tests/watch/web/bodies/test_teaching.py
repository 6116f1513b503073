"""Bodies of what a camera was taught."""

from __future__ import annotations

import math

from awry.watch.web.bodies.teaching import SideBody, WordBody


def test_a_score_that_is_no_number_is_null() -> None:
    texts = dict.fromkeys(("event", "light", "label", "note", "by"), "")
    body = WordBody(peak=math.inf, at=0.0, counts=True, picture=False, **texts)
    assert '"peak":null' in body.model_dump_json()


def test_each_side_of_a_comparison_says_what_it_would_have_given() -> None:
    told = {"count", "per_day", "low", "high", "events", "abnormal", "normal", "endless"}
    assert told <= set(SideBody.model_fields)
