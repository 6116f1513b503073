"""Writes docs/results.md and README's table from docs/results/*.json: `make results`.

The JSON files hold what was measured, with the command, the date and the hardware. A figure is
changed there and nowhere else.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
README = DOCS.parent / "README.md"
PAGE = DOCS / "results.md"
BEGIN, END = "<!-- results: written by make results -->", "<!-- end of results -->"
# The order on the page.
FILES = ("survey", "scenes", "mtla", "ssmtl", "daml", "flow", "sdor", "digits", "speed")
ELSEWHERE = """\
Two other scenes, one seed, per cent. Labels of both were in sight when settings were chosen.
"""
INTRODUCTION = """\
# Results

<!-- Written by `make results` from docs/results/*.json. Change a figure there. -->

Every figure that was measured, with the command, the date and the hardware. How they are measured
and what they are worth is said in [Measurement](measurement.md).
"""


def load(name: str) -> dict[str, Any]:
    return json.loads((DOCS / "results" / f"{name}.json").read_text("utf-8"))


def table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["--"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def mean_and_spread(values: list[float]) -> str:
    """Mean and standard deviation over seeds, `-` of a single one."""
    if len(values) < 2:
        return "-"
    return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"


def mean_of_seeds(values: list[float]) -> str:
    """The same, and how many seeds they are."""
    spread = mean_and_spread(values)
    return spread if spread == "-" else f"{spread} ({len(values)})"


def with_interval(micro_auc: float, interval: list[float]) -> str:
    low, high = interval
    return f"**{micro_auc:.2f}** ({low:.1f} to {high:.1f})"


def fitting(row: dict[str, Any]) -> str:
    return f"{row['fit_minutes']} min" if row["fit_minutes"] else "nothing to fit"


def content_free(headline: dict[str, Any], columns: int) -> list[list[str]]:
    """The rows of scores that do not look at the video."""
    named = (("triangle over the clip", "triangle"), ("constant score", "constant"))
    rows = []
    for title, key in named:
        figure = with_interval(**headline["content_free"][key])
        rows.append([f"{title} (does not look at the video)", figure] + ["-"] * (columns - 2))
    return rows


def readme_table(headline: dict[str, Any]) -> str:
    """The systems as they are now; what they were is on the page."""
    columns = [
        "UCSD Ped2, 2010 test frames",
        "micro AUC (95 % interval)",
        "mean of seeds",
        "fitting",
    ]
    rows = [
        [
            f"`{row['method']}`, {row['what']}",
            with_interval(row["micro_auc"][0], row["interval"]),
            mean_of_seeds(row["micro_auc"]),
            fitting(row),
        ]
        for row in headline["rows"]
        if not row.get("earlier")
    ]
    return table(columns, rows + content_free(headline, len(columns)))


def elsewhere(scenes: dict[str, Any]) -> str:
    """README's table of the other scenes: the rows that tables with a `readme` share."""
    named = {
        part["table"]["readme"]: {row[0]: row[1:3] for row in part["table"]["rows"]}
        for part in scenes["blocks"]
        if "readme" in part.get("table", {})
    }
    columns = ["as scored / smoothed"]
    for scene in named:
        columns += [f"{scene}: micro AUC", "within clips"]
    first, *others = named.values()
    shared = [label for label in first if all(label in other for other in others)]
    rows = [
        [label, *(cell for cells in named.values() for cell in cells[label])] for label in shared
    ]
    return table(columns, rows)


def headline_section(headline: dict[str, Any]) -> str:
    columns = ["method", "micro AUC (95 % interval)", "each seed", "mean ± deviation"]
    columns += ["smoothed", "future seen", "fitting", "published"]
    rows = [
        [
            f"`{row['method']}`, {row['what']}",
            with_interval(row["micro_auc"][0], row["interval"]),
            ", ".join(f"{value:.2f}" for value in row["micro_auc"]),
            mean_and_spread(row["micro_auc"]),
            ", ".join(f"{value:.2f}" for value in row["smoothed"]),
            f"{row['future_s']} s",
            fitting(row),
            row["published"] or "-",
        ]
        for row in headline["rows"]
    ]
    lines = [table(columns, rows + content_free(headline, len(columns)))]
    for row in headline["rows"]:
        seeds = ", ".join(map(str, row["seeds"]))
        lines.append(
            f"- `{row['method']}`, {row['what']} (seeds {seeds}): `{row['command']}`, then"
        )
        lines.append(f"  `awry evaluate B --data UCSDped2 --out R`. {row['seen']}".rstrip())
    return f"{headline['about']}\n\n" + "\n".join(lines) + "\n"


# Figures of a survey's tables, in their order: what `awry survey` calls them, and the page.
SURVEYED = {
    "micro": "micro AUC",
    "micro_smoothed": "smoothed",
    "micro_causal": "smoothed causally",
    "macro": "within clips",
    "macro_smoothed": "smoothed",
    "ap": "AP",
    "rbdc": "RBDC",
    "tbdc": "TBDC",
    "event_recall": "events found",
    "normal_in_alarm": "normal in alarm",
}


def survey_tables(survey: dict[str, Any]) -> str:
    """One table a scene of what `awry survey` wrote, in per cent."""
    columns = ["method", "seeds", *SURVEYED.values(), "fit", "ms a frame"]
    parts = []
    for scene in dict.fromkeys(cell["scene"] for cell in survey["cells"]):
        rows = [survey_row(cell) for cell in survey["cells"] if cell["scene"] == scene]
        for name, figures in survey["references"].get(scene, {}).items():
            values = [percent(figures.get(figure)) for figure in SURVEYED]
            rows.append([f"{name} (nothing learned)", "-", *values, "-", "-"])
        parts.append(f"### {scene}\n\n{table(columns, rows)}")
    return "\n".join(parts)


def survey_row(cell: dict[str, Any]) -> list[str]:
    runs = list(cell["by_seed"].values())
    figures = []
    for name in SURVEYED:
        spread = cell["deviation"][name]
        figures.append(
            percent(cell["mean"][name]) + ("" if spread is None else f" ± {100 * spread:.1f}")
        )
    fits = [run["fit_seconds"] / 60 for run in runs]
    speeds = [run["ms_per_frame"] for run in runs if run["ms_per_frame"] is not None]
    return [
        f"`{cell['method']}`",
        str(len(runs)),
        *figures,
        f"{max(fits):.1f} min" if fits else "-",
        f"{max(speeds):.0f}" if speeds else "-",
    ]


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def block(part: dict[str, Any]) -> str:
    if "survey" in part:
        return survey_tables(part["survey"])
    if "table" in part:
        return table(part["table"]["columns"], part["table"]["rows"])
    if "heading" in part:
        return f"### {part['heading']}\n"
    return part["text"] + "\n"


def section(data: dict[str, Any], body: str) -> str:
    title = f"## {data['title']}\n\nMeasured {data['measured']} on {data['hardware']}.\n"
    return f"{title}\n{body}"


def page() -> str:
    headline = load("headline")
    parts = [INTRODUCTION, section(headline, headline_section(headline))]
    for name in FILES:
        data = load(name)
        parts.append(section(data, "\n".join(block(part) for part in data["blocks"])))
    return "\n".join(parts)


def readme(text: str) -> str:
    """README with its tables made anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    tables = f"{readme_table(load('headline'))}\n{ELSEWHERE}\n{elsewhere(load('scenes'))}"
    return f"{before}{BEGIN}\n{tables}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    README.write_text(readme(README.read_text("utf-8")), "utf-8")
