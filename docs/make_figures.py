"""Writes docs/figures.md from what `awry figures` lists: `make figures`."""

from __future__ import annotations

from pathlib import Path

import awry
from awry.methods.paper_figures import Distorted, PaperFigure
from awry.methods.registry import method_class
from awry.studies.figures.listing import chosen_figures, fits_in_words, settings_of_fits

PAGE = Path(__file__).resolve().parent / "figures.md"
TITLES = {"daml": "DAML", "mtla": "MTLA", "sdor": "SDOR", "ssmtl": "SSMTL"}
INTRODUCTION = """\
# Published figures

<!-- Written by `make figures` from what `awry figures` lists. -->

Every figure of the four papers, the command that makes it, and what that needs.

```
awry figures                                # all of them, and what is missing here
awry figures ssmtl-fig9                     # what one needs
awry figures ssmtl-fig9 --data UCSDped2 --out OUT
awry figures ssmtl-fig9 --data UCSDped2 --bundle BUNDLE --out OUT --clip Test004
awry figures 'mtla-fig[789]' --data UCSDped2 --out OUT --scale tiny
awry figures mtla-fig9 --data UCSDped2 --bundle PLAIN --bundle ATTENTIVE --out OUT
awry figures daml-fig7 --out OUT
```

`OUT/NAME.png` is the picture. `OUT/NAME.json` holds the numbers below it, the settings and notes.
`awry.figures` does the same in Python and returns both.

- **Data**: any data set that awry reads; the picture then shows that one, and a note says so.
  [Data sets](data-sets.md) says how the papers' own are obtained.
- **Fits**: made at the preset `--scale` and kept in `OUT`. Fits of `awry reproduce` with equal
  settings are shared. `--bundle` takes a fitted bundle in place of a fit, in the order in which the
  figure names its fits. Figs. 3 and 4 of SDOR take the folder of a sifted archive.
- **Which frames**: the paper's clip where the data have it. Else the frames are chosen by their
  scores: the highest abnormal ones. `--clip` and `--frames 12,40` choose others.
- **Truth**: true boxes come from tracks or masks. Data sets with labels of frames alone have none.
- **Time**: of one fit, as far as it was measured. Figures of one method share fits. Scoring the
  test clips comes on top.

Colours are the papers': found regions are red and true ones green (SSMTL, DAML); beside maps the
true ones are red (MTLA, SDOR). Schematic drawings are listed, and no command makes them.
"""


def page() -> str:
    """The page's text."""
    parts = [INTRODUCTION]
    figures = list(awry.published_figures())
    specs = {spec.figure: (paper, method, spec) for paper, method, spec in chosen_figures("*")}
    for name, title in TITLES.items():
        mine = [figure for figure in figures if figure.figure.startswith(f"{name}-")]
        rows = [["printed", "shows", "command", "the paper's data", "fits", "weights: `paper`"]]
        rows += [["--"] * len(rows[0])]
        for figure in mine:
            paper, method, spec = specs[figure.figure]
            fits = "none" if isinstance(spec, Distorted) else fits_in_words(spec)
            clip = f", clip {figure.clip}" if figure.clip else ""
            made = figure.why_not is None
            rows.append(
                [
                    figure.printed,
                    figure.shows,
                    f"`{figure.command}`" if made else "a drawing: none",
                    f"{', '.join(figure.data_sets)}{clip}" if made else "-",
                    fits if made else "-",
                    _weights(method, spec) if made else "-",
                ]
            )
        table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
        takes = "; ".join(f"`{scale}`: {words}" for scale, words in paper.figures.takes.items())
        parts.append(f"## {title}\n\n{mine[0].paper}.\n\n{table}\nOne fit takes: {takes}.\n")
        notes: dict[str, list[str]] = {}
        for one in mine:
            for note in specs[one.figure][2].notes:
                notes.setdefault(note, []).append(one.printed)
        lines = [f"- {', '.join(where)}: {note}" for note, where in notes.items()]
        parts.append("What to know of ours:\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _weights(method: str, spec: PaperFigure) -> str:
    kind = method_class(method)
    found: dict[str, None] = {}
    for changes in [] if isinstance(spec, Distorted) else settings_of_fits(method, spec):
        config = kind.configure("paper", changes, spec.datasets[0])
        found |= dict.fromkeys(kind.wanted_weights(config).values())
    return ", ".join(f"`{what}`" for what in found) or "none"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
