"""Lists in text files, however they are written: separators, encodings, quotes, comments."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

from awry.errors import DatasetError, nearest
from awry.foreign import read_text, reading, whole_number
from awry.names import name_key

Row = tuple[int, list[str]]
"""A line's number, from 1, and its cells without spaces around them."""

# The comma last: it stands in numbers, too.
_SEPARATORS = ("\t", ";", "|", ",")


def read_rows(file: Path, columns: Collection[int], numbers: Collection[int] = ()) -> list[Row]:
    """The rows of a table, blank lines and comments (`#`, `%`) left out.

    Columns stand apart by commas, semicolons, tabs or bars; whatever gives each row as many cells
    as it should have, and numbers where they should be, is taken.

    Args:
        file: the table.
        columns: how many columns a row may have.
        numbers: places of the columns that hold whole numbers; a first row without is a header
            and is left out.

    Raises:
        DatasetError: the file cannot be read, or a row has another number of columns.
    """
    with reading(file, "a table"):
        lines = [
            (number, line)
            for number, line in enumerate(read_text(file).split("\n"), 1)
            if line.strip() and not line.lstrip().startswith(("#", "%"))
        ]
        tables = [_split(lines, separator, columns) for separator in _SEPARATORS]
    table = next((one for one in tables if _fits(one, columns, numbers)), tables[-1])
    if table and numbers and not all(map(_is_number, _numeric(table[0][1], numbers))):
        header = not any(map(_is_number, _numeric(table[0][1], numbers)))
        table = table[1:] if header and len(table[0][1]) in columns else table
    for line, cells in table:
        if len(cells) not in columns:
            expected = " or ".join(map(str, columns))
            raise DatasetError(f"{file}, line {line}: {len(cells)} columns, expected {expected}.")
    return table


def _split(lines: list[tuple[int, str]], separator: str, columns: Collection[int]) -> list[Row]:
    rows = []
    for number, line in lines:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
        # Lines may end with separators.
        while not cells[-1].strip() and (len(cells) > max(columns) or len(cells) - 1 in columns):
            cells.pop()
        rows.append((number, [cell.strip() for cell in cells]))
    return rows


def _fits(table: list[Row], columns: Collection[int], numbers: Collection[int]) -> bool:
    """Whether rows have their columns, and numbers where they should be, but for a header."""
    return all(len(cells) in columns for _, cells in table) and all(
        all(map(_is_number, _numeric(cells, numbers))) for _, cells in table[1:]
    )


def _numeric(cells: list[str], numbers: Collection[int]) -> list[str]:
    return [cells[place] for place in numbers if place < len(cells)]


def _is_number(text: str) -> bool:
    try:
        whole_number(text)
    except ValueError:
        return False
    return True


def number_at(row: Row, place: int, file: Path) -> int:
    """A cell's whole number.

    Raises:
        DatasetError: with file and line, it is none.
    """
    with reading(file, "a table") as where:
        where.line = row[0]
        return whole_number(row[1][place])


class Names:
    """Finds clips by their names, however these are composed or encoded.

    Args:
        places: name -> where the clip is; its file's name, with ending, stands for it as well.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._names = tuple(places)
        self._by_key = {name_key(name): name for name in places}
        for name, where in places.items():
            if "://" not in where:
                self._by_key.setdefault(name_key(Path(where).name), name)

    def has(self, written: str) -> bool:
        """Whether a clip, or a folder of clips, is called so."""
        key = name_key(written)
        return key in self._by_key or any(one.startswith(f"{key}/") for one in self._by_key)

    def find(self, written: str, file: Path, line: int) -> str:
        """The clip that a list speaks of.

        Raises:
            DatasetError: with file and line, there is none.
        """
        name = self._by_key.get(name_key(written))
        if name is None:
            hint = nearest(written, self._names) if self._names else "there are no test clips"
            raise DatasetError(f"{file}, line {line}: there is no clip '{written}': {hint}.")
        return name


def beside(folder: Path, name: str, ending: str = "") -> Path:
    """The file or folder of a clip among those of other clips, however its name is composed.

    Args:
        folder: where they are.
        name: the clip's name; with slashes for clips in sub-folders.
        ending: of the file.

    Returns:
        The path, whether there is anything or not.
    """
    direct = folder / f"{name}{ending}"
    if name.isascii() and "\\" not in name:
        return direct
    place = folder
    *above, last = f"{name}{ending}".split("/")
    for part in (*above, last):
        place = _named_alike(place, part)
    return place


def _named_alike(folder: Path, part: str) -> Path:
    if not (folder / part).exists() and folder.is_dir():
        for path in folder.iterdir():
            if name_key(path.name) == name_key(part):
                return path
    return folder / part
