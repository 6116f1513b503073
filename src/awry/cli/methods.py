"""`awry methods`: the methods that are installed, or one of them in full."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from awry.cli.options import Json, refusals, show_result


def _beginning(incomplete: str) -> list[str]:
    """The methods whose names begin so, for shells."""
    from awry.methods.registry import method_names

    return [name for name in method_names() if name.startswith(incomplete)]


def methods(
    name: Annotated[
        str | None,
        typer.Argument(help="One method: all that can be set.", autocompletion=_beginning),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the methods with their presets and settings, or show one of them in full."""
    with refusals():
        from awry.method_list import describe_method, list_methods

        if name is None:
            show_result(list_methods().to_dict(), as_json, show_methods)
        else:
            show_result(describe_method(name).to_dict(), as_json, show_method)


def show_methods(methods: list[dict[str, Any]]) -> None:
    """Print the methods."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    table = Table("name", "what it is", "presets", "settings (--set)", show_lines=True)
    for method in methods:
        presets, settings = ", ".join(method["presets"]), ", ".join(method["settings"])
        table.add_row(*map(escape, (method["name"], method["what"], presets, settings)))
    printer = Console()
    printer.print(table)
    for method in methods:
        if method["error"]:
            printer.print(method["error"], highlight=False, markup=False, soft_wrap=True)
    printer.print(
        "Presets side by side, defaults and meanings of the settings: awry methods NAME",
        highlight=False,
        soft_wrap=True,
    )


def show_method(page: dict[str, Any]) -> None:
    """Print one method: what it is, its presets side by side, its settings."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    printer.print(page["name"], style="bold", highlight=False, markup=False)
    printer.print(page["text"], highlight=False, markup=False)
    if page["levels"]:
        printer.print(f"Levels: {', '.join(page['levels'])}", highlight=False, markup=False)
    differing = [setting for setting in page["settings"] if setting["presets"]]
    presets = Table("preset", *map(escape, page["presets"]), title="presets side by side")
    for setting in differing:
        cells = [
            _value(setting["presets"].get(preset, setting["default"])) for preset in page["presets"]
        ]
        presets.add_row(setting["name"], *cells)
    if differing:
        printer.print(presets)
    settings = Table("setting", "kind", "default", "meaning", title="settings (--set KEY=VALUE)")
    for setting in page["settings"]:
        default = "(required)" if setting["required"] else _value(setting["default"])
        settings.add_row(
            setting["name"], escape(setting["kind"]), default, escape(setting["about"])
        )
    printer.print(settings)


def _value(value: Any) -> str:
    """A setting's value as `--set` takes it."""
    from rich.markup import escape

    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
