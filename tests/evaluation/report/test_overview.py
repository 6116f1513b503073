from __future__ import annotations

from typing import Any

from awry.evaluation.report.overview import cards, contents, headline, in_short

EVENT = {
    "normal_share_in_alarm": 0.02, "recall": 0.5, "precision": 1.0, "n_told": 8, "n_found": 4,
    "n_alarms": 5, "false_alarms": 0, "false_alarms_per_hour": 0.0, "budget": "2/hour",
}  # fmt: skip


def metrics(flow: float = 0.8, **more: Any) -> dict[str, Any]:
    return {
        "frame": {"micro_auc": 0.9, "n_frames": 100, "n_abnormal": 10, "n_scored": 98},
        "content_free": {"constant": {"micro_auc": 0.5}, "triangle": {"micro_auc": 0.6}},
        "references": {"flow": {"micro_auc": flow}},
        "intervals": {"frame": [0.85, 0.95]},
        "settings": {},
        **more,
    }


def test_the_headline_sets_the_figure_beside_the_references() -> None:
    found = headline(metrics())
    assert (found["value"], found["blind"], found["flow"]) == (0.9, 0.6, 0.8)
    assert round(found["gain"], 9) == 0.1
    assert headline({**metrics(), "references": {}})["gain"] is None


def test_cards_say_what_the_method_adds() -> None:
    shown = {card.label: card for card in cards(metrics())}
    assert shown["Micro AUC, this method"].value == "90.00"
    assert shown["Micro AUC, this method"].remark == "95 % interval 85.0 to 95.0, over clips"
    assert shown["Plain optical flow, no learning"].remark == "this method adds 10.00"
    assert shown["Best without looking at the video"].value == "60.00"
    assert shown["Frames"].remark == "10 abnormal, 98 scored"
    flow = cards(metrics(flow=0.9))[1]
    assert flow.remark == "this method does not beat it"
    faulty = {card.label: card for card in cards(metrics(event=EVENT))}["Events missed"]
    assert faulty.value == "4 of 8"
    assert faulty.remark.endswith("0 of 5 alarms false, 0 an hour; budget 2/hour")
    without = metrics()
    assert cards({**without, "frame": {**without["frame"], "n_frames": 0}}) == []


def test_feedback_has_a_card() -> None:
    rounds = [{"interaction": 0, "auc_left_out": 0.7, "auc_left_out_before": 0.7},
              {"interaction": 5, "auc_left_out": 0.875, "auc_left_out_before": 0.75}]  # fmt: skip
    shown = cards(metrics(interactions={"mean": rounds}))
    (card,) = [card for card in shown if "interactions" in card.label]
    assert card == ("Micro AUC after 5 interactions", "87.50", "without fed-back frames; "
                    "75.00 before")  # fmt: skip


def test_the_first_sentences() -> None:
    said = in_short(metrics(event=EVENT), headline(metrics()), {}, [])
    assert said.startswith("The alarms, worst figure first: 4 of 8 events missed, 2 % of normal")
    assert said.endswith("Single frames: micro AUC 90.0, plain optical flow 80.0.")
    nothing = {"value": None, "flow": None}
    assert in_short({}, nothing, {"a": [(1, 2)], "b": []}, [None, None]) == (  # type: ignore[list-item]
        "1 alarm in 1 of 2 clips."
    )


def test_contents_name_every_part() -> None:
    names = ("failed", "missed", "found", "false_alarms", "strongest", "events", "labelled",
             "level_rows", "why_not", "curves", "notes", "ignore_preview", "figures",
             "clips")  # fmt: skip
    context = {name: [] for name in names} | {"events": [1, 2], "clips": [1]}
    rows = {part: (name, bool(there)) for part, name, there in contents(context)}
    assert rows["events"] == ("True events (2)", True)
    assert rows["levels"] == ("Where and when", False)
    assert [part for part, (_, there) in rows.items() if there] == ["events", "clips", "settings"]
