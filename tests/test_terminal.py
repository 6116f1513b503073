from __future__ import annotations

import io

import pytest
from rich.markup import escape

from awry.terminal import BarReporter, Console, Table, progress_bars

LOSSES = {
    "total": 1.3461, "arrow_of_time": 0.58461, "motion_irregularity": 0.53321,
    "middle_box": 0.21141, "distillation": 0.082321,
}  # fmt: skip


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)


def shown(console: Console, text: str | None = None) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return (text or console.file.getvalue()).splitlines()


@pytest.mark.parametrize("width", [50, 60, 80, 200])
def test_the_bar_stays_whatever_is_said_beside_it(width: int) -> None:
    console = terminal(width)
    reporter = BarReporter(console)
    reporter.start("asking the classifier about everything", 12000, 11999)
    reporter.advance(LOSSES)
    other = terminal(width)
    other.print(reporter._bars.get_renderable())
    reporter.close()
    bars, words, *more = shown(other)
    assert more == []
    assert max(len(bars), len(words)) <= width
    assert bars.count("━") >= 10
    assert "12000/12000" in bars
    assert "left" in bars
    assert bars.startswith("asking")
    assert words.startswith("total 1.346  arrow")


def test_a_new_phase_and_the_end_forget_the_losses() -> None:
    console = terminal(80)
    with BarReporter(console) as reporter:
        reporter.start("first", 10, 0)
        reporter.advance(LOSSES)
        reporter.start("second [of two]", 10, 0)
        reporter.advance({})
        with console.capture() as captured:
            console.print(reporter._bars.get_renderable())
        assert "total" not in captured.get()
        assert "second [of two]" in captured.get()
        reporter.message("a [sentence] of words")
    assert "a [sentence] of words" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_log_file_is_told_once_a_minute_how_far_it_is() -> None:
    now = [0.0]
    log = Console(file=io.StringIO(), width=200)
    with BarReporter(log, clock=lambda: now[0]) as reporter:
        reporter.start("fitting [of two]", 40, 10)
        for now[0] in (10.0, 59.0, 61.0, 100.0, 130.0):
            reporter.advance({"total": 0.5})
        reporter.start("scoring")
        now[0] = 200.0
        reporter.advance()
        before = shown(log)
    assert [line.partition(",")[0] for line in before] == [
        "fitting [of two]: 13/40",
        "fitting [of two]: 15/40",
        "scoring: 1",
    ]
    assert before[0].endswith("  total 0.5")
    assert ", left 0:00:" in before[0]
    assert "left" not in before[2]


def test_a_terminal_has_bars_instead_of_lines() -> None:
    now = [0.0]
    console = terminal(80)
    with BarReporter(console, clock=lambda: now[0]) as reporter:
        reporter.start("fitting", 40)
        now[0] = 100.0
        reporter.advance()
    assert "fitting: 1/40" not in "".join(shown(console))


def test_without_an_end_there_is_a_bar_all_the_same() -> None:
    console = terminal(60)
    bars = progress_bars(console)
    bars.add_task("scoring camera", total=None, completed=7)
    with console.capture() as captured:
        console.print(bars.get_renderable())
    assert " 7 " in captured.get()
    assert "?" not in captured.get()
    assert "━" * 10 in captured.get()
    assert "left" not in captured.get()


def grid(title: str | None = None) -> Table:
    table = Table("clip", "micro AUC", "95 % interval", title=title)
    table.add_row("Test001_with_a_long_name_of_its_own", "90.12", "80.00 to 95.00")
    table.add_row("short\\[1]", "-", "")
    return table


def test_a_table_that_fits_is_a_table() -> None:
    console = terminal(80)
    console.print(grid("figures"))
    lines = shown(console)
    assert "figures" in lines[0]
    assert any("│" in line and "90.12" in line for line in lines)


def test_a_table_that_would_break_words_becomes_a_list() -> None:
    console = terminal(40)
    console.print(grid("figures"))
    assert [line.rstrip() for line in shown(console)] == [
        "figures",
        "Test001_with_a_long_name_of_its_own",
        "  micro AUC: 90.12",
        "  95 % interval: 80.00 to 95.00",
        "short[1]",
        "  micro AUC: -",
    ]


@pytest.mark.parametrize("width", [34, 40, 60])
def test_a_table_wraps_between_words_alone(width: int) -> None:
    console = terminal(width)
    table = Table("what", "there", "")
    table.add_row("a-name-of-some-length", "yes", "and words that go on and on and on")
    table.add_row("none", "no", "1234567")
    console.print(table)
    console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("a-name-of-some-length") == text.count("1234567") == 2
    assert "\u2026" not in text
    assert max(len(line) for line in text.splitlines()) <= width


def test_control_characters_are_shown_and_not_obeyed() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80, color_system=None)
    name = "a\x1b]0;title\x07b\r\x9b2J\u202ec"
    table = Table("clip")
    table.add_row(escape(name))
    console.print(table)
    console.print(name, markup=False, highlight=False)
    with progress_bars(console) as bars:
        bars.add_task(escape(name))
    text = written.getvalue()
    assert "\x1b]" not in text
    assert not {"\x07", "\x9b", "\u202e"} & set(text)
    assert text.count("\\x1b]0;title\\x07b\\r\\x9b2J\\u202ec") >= 2


def test_a_sentence_in_a_narrow_column_becomes_a_line_of_a_list() -> None:
    console = terminal(40)
    table = Table("source", "frames", "why")
    reason = "Lower middle: something moves at a speed that is not usual, " * 2
    table.add_row("gate", "33-46", reason)
    console.print(table)
    lines = shown(console)
    assert lines[0].rstrip() == "gate"
    assert lines[2].startswith("  why: Lower middle: something moves")


def test_without_a_task_nothing_is_written() -> None:
    console = Console(file=io.StringIO())
    with BarReporter(console):
        pass
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]
