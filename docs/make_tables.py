"""Writes docs/tables.md from what `awry reproduce` lists: `make tables`.

Names, values, data sets, weights and numbers of fits come from the library. What is written by hand
stands in `MINUTES` and the page's words.
"""

from __future__ import annotations

import json
from pathlib import Path

from awry.methods.published import TableCell
from awry.methods.registry import method_class
from awry.studies.published import TableSummary, cells_of, published_tables

PAGE = Path(__file__).resolve().parent / "tables.md"
SEEDS = 3
MINUTES = {"daml": 7, "ssmtl": 31, "mtla": 62, "sdor": 16, "convae": 12, "ffp": 12, "memae": 12}
"""Of one fit at `cpu` on UCSD Ped2 with two cores, as docs/results.md has it; of the references
reckoned from the seconds of a step."""
INTRODUCTION = """\
# Published tables

<!-- Written by `make tables` from what `awry reproduce` lists. -->

Every table of the four papers, the command that runs it, and what that needs. `awry reproduce`
lists the tables, `awry reproduce TABLE` a table's published values with their protocol. With
`--data` and `--out` the cells are run that these data can serve: `--data` is one data set at a
time, `--scale` the preset (`cpu` if not given).

```
awry reproduce TABLE --data DIR --out OUT [--scale paper] [--seeds 0,1,2] [--cells 'PATTERN']
```

- **Data**: [Data sets](data-sets.md) says how each is obtained and laid out. `perspective` is
  made by awry.
- **Weights**: what the settings name. With `torchvision:` and `hf:` they are fetched once, by
  name; `pip:` is a package (`awry[sift]`), `onnx:` a file that has to be there. `cpu` of SSMTL
  and MTLA takes moving regions for objects; the figures of the [results](results.md) come with
  `--detector onnx:FILE`, those of MTLA with `--depth onnx:FILE` too.
- **Fits**: of one data set and seed, of all cells together; tables share them where they share
  `OUT`.
- **Hours**: fits of one data set and three seeds at `cpu`, on two cores without a GPU. It is a
  rough figure: the minutes of one fit on UCSD Ped2 in the results times the fits. Larger data
  sets and backbones take longer. `--scale paper` means the papers' own networks and epochs, which
  want a GPU; its hours have not been measured.
"""
TITLES = {"daml": "DAML", "mtla": "MTLA", "sdor": "SDOR", "ssmtl": "SSMTL"}


def page() -> str:
    """The page's text."""
    parts = [INTRODUCTION]
    for paper, title in TITLES.items():
        tables = [t for t in published_tables() if t.table.startswith(f"{paper}-")]
        parts.append(f"## {title}\n\n{tables[0].paper}.\n\n{_grid(tables)}")
    return "\n".join(parts)


def _grid(tables: list[TableSummary]) -> str:
    heads = ["printed", "shows", "command", "data", "weights: `paper`", "`cpu`", "fits", "hours"]
    rows = [heads, ["--"] * len(heads), *(_row(table) for table in tables)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(table: TableSummary) -> list[str]:
    values = f"{table.values} values" if table.values else "values not printed"
    shows = f"{table.title} ({values})"
    if table.why_not:
        command = f"`awry reproduce {table.table}` lists the values; not run here"
        return [table.printed, shows, command, ", ".join(table.data_sets), *["-"] * 4]
    cells = cells_of(table.table)
    fits = max(_fits(cells).values(), key=len)
    minutes = sum(MINUTES[method] for method, _ in fits)
    return [
        table.printed,
        shows,
        f"`awry reproduce {table.table} --data DIR --out OUT`",
        ", ".join(dict.fromkeys(cell.dataset for cell in cells)),
        *(_weights(cells, scale) for scale in ("paper", "cpu")),
        str(len(fits)),
        f"{SEEDS * minutes / 60:.1f}",
    ]


def _fits(cells: list[TableCell]) -> dict[str, set[tuple[str, str]]]:
    """Data set -> method and settings of the different fits that its cells need for one seed."""
    different: dict[str, set[tuple[str, str]]] = {}
    for cell in cells:
        changes = json.dumps([dict(cell.changes), cell.rate], sort_keys=True)
        different.setdefault(cell.dataset, set()).add((cell.method, changes))
    return different


def _weights(cells: list[TableCell], scale: str) -> str:
    """What the settings of all cells name, in their order."""
    found: dict[str, None] = {}
    for cell in cells:
        kind = method_class(cell.method)
        config = kind.configure(scale, cell.changes, cell.dataset)
        found |= dict.fromkeys(kind.wanted_weights(config).values())
    return ", ".join(f"`{name}`" for name in found) or "none"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
