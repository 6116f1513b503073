"""Every command is a function of the Python API, parsed and shown.

The commands are taken from the app itself: one that is added without a function, with other options
than its function, or without an example below fails here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

import awry as api
from awry.cli.app import app

# Commands that are not called like their function.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "bench speed": ("bench",),
    "datasets": ("check_dataset", "list_datasets"),
    "methods": ("describe_method", "list_methods"),
    "figures": ("figures", "published_figures"),
    "metrics event": ("measure.event",),
    "metrics frame": ("measure.frame",),
    "metrics region": ("measure.region",),
    "reproduce": ("reproduce", "published_table", "published_tables"),
    "weights": ("convert_weights", "list_weights"),
    **{
        f"watch {name}": (f"watch.{name}",)
        for name in (
            "demo",
            "init",
            "check",
            "run",
            "status",
            "events",
            "feedback",
            "fsck",
            "backup",
            "replay",
            "schema",
            "demo",
        )
    },
    "watch export": ("watch.export_dataset",),
    "watch user add": ("watch.add_user",),
    "watch user password": ("watch.set_password",),
    "watch user remove": ("watch.remove_user",),
    "watch user list": ("watch.list_users",),
    "watch token make": ("watch.make_token",),
    "watch token remove": ("watch.remove_token",),
    "watch token list": ("watch.list_tokens",),
}
# Options that are not called like their argument: the flag is short for people.
ARGUMENTS = {"set": "changes"}
ONLY_SHOWN = {"json", "help"}
ONLY_PYTHON = {"reporter", "say", "stop"}
# Figures of time and place differ from call to call.
UNLIKE = ("seconds", "created", "ms_per_frame", "free")


def commands() -> dict[str, Any]:
    """`metrics frame` and so on -> the command as it is parsed, of the whole app."""

    def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", {})
        for word, below in inner.items():
            yield from walk(below, f"{name} {word}".strip())
        if not inner:
            yield name, command

    return dict(walk(typer.main.get_command(app), ""))


def functions(command: str) -> list[Callable[..., Any]]:
    def named(name: str) -> Any:
        value: Any = api
        for word in name.split("."):
            value = getattr(value, word)
        return value

    return [named(name) for name in FUNCTIONS.get(command, (command,))]


def option(parameter: Any) -> str:
    """What an option or argument is called, as a Python name."""
    flags = [flag for flag in parameter.opts if flag.startswith("--")]
    name = flags[0].removeprefix("--").replace("-", "_") if flags else parameter.name
    return ARGUMENTS.get(name, name)


@pytest.mark.parametrize("command", commands())
def test_options_are_the_function_s_arguments(command: str) -> None:
    options = {option(parameter) for parameter in commands()[command].params} - ONLY_SHOWN
    arguments: set[str] = set()
    for function in functions(command):
        arguments |= set(inspect.signature(function).parameters)
    assert options == arguments - ONLY_PYTHON


@pytest.mark.parametrize("command", commands())
def test_defaults_are_the_function_s(command: str) -> None:
    function = functions(command)[0]
    defaults = inspect.signature(function).parameters
    for parameter in commands()[command].params:
        name = option(parameter)
        if name in ONLY_SHOWN or parameter.required or name not in defaults:
            continue
        ours, theirs = parameter.default, defaults[name].default
        if theirs is not inspect.Parameter.empty:
            assert str(ours or None) == str(theirs or None)


@dataclass
class Small:
    """What the examples run on."""

    data: Path
    bundle: Path
    folder: Path

    @property
    def site(self) -> Path:
        path = self.folder / "site.yaml"
        if not path.is_file():
            path.write_text("store: watched\nweb: {enabled: false}\ncameras: {}\n")
            api.watch.make_token(path, "first")
        return path

    def out(self, name: str, road: str) -> Path:
        (self.folder / road).mkdir(exist_ok=True)
        return self.folder / road / name

    @property
    def clip(self) -> Path:
        return self.data / "test" / "clip0"

    @property
    def scores(self) -> Path:
        path = self.folder / "scores.csv"
        if not path.is_file():
            clips = [str(self.data / "test" / name) for name in ("clip0", "clip1")]
            api.score(self.bundle, clips, out=path, fps=10)
        return path

    @property
    def metrics(self) -> Path:
        path = self.folder / "measured"
        if not path.is_dir():
            api.evaluate(self.bundle, self.data, out=path, fps=10)
        return path

    def boxes(self, head: str, *rows: str) -> Path:
        path = self.folder / f"{head[:5]}.csv"
        path.write_text("\n".join((head, *rows, "")))
        return path

    @property
    def tracks(self) -> Path:
        return self.boxes("track_id,frame,x_min,y_min,x_max,y_max", "1,0,2,2,9,9", "1,1,3,2,9,9")

    @property
    def detections(self) -> Path:
        return self.boxes("frame,x_min,y_min,x_max,y_max,score", "0,2,2,9,9,0.5", "1,4,2,9,9,0.7")


@pytest.fixture(scope="module")
def small(shared_data: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Small:
    return Small(shared_data, bundle, tmp_path_factory.mktemp("both"))


Words = list[object]
# For each command what is typed, and the same as a call; `road` keeps their outputs apart.
EXAMPLES: dict[str, tuple[Callable[[Small, str], Words], Callable[[Small, str], Any]]] = {
    "fit": (
        lambda s, r: ["flow", "--data", s.data, "--preset", "tiny", "--fps", 10,
                      "--out", s.out("fit", r)],
        lambda s, r: api.fit("flow", s.data, preset="tiny", fps=10, out=s.out("fit", r)),
    ),
    "fuse": (
        lambda s, r: [s.bundle, s.bundle, "--data", s.data, "--fps", 10, "--out", s.out("both", r)],
        lambda s, r: api.fuse([s.bundle, s.bundle], s.data, fps=10, out=s.out("both", r)),
    ),
    "score": (
        lambda s, r: [s.bundle, s.clip, "--fps", 10, "--out", s.out("scores.csv", r)],
        lambda s, r: api.score(s.bundle, [str(s.clip)], fps=10, out=s.out("scores.csv", r)),
    ),
    "evaluate": (
        lambda s, r: [s.bundle, "--data", s.data, "--fps", 10, "--out", s.out("figures", r)],
        lambda s, r: api.evaluate(s.bundle, s.data, fps=10, out=s.out("figures", r)),
    ),
    "alarms": (
        lambda s, r: [s.scores, "--threshold", 2],
        lambda s, r: api.alarms(s.scores, threshold=2),
    ),
    "compare": (
        lambda s, r: [s.metrics, f"again={s.metrics}"],
        lambda s, r: api.compare([str(s.metrics), f"again={s.metrics}"]),
    ),
    "metrics frame": (
        lambda s, r: ["--scores", s.scores, "--labels", s.data],
        lambda s, r: api.measure.frame(s.scores, s.data),
    ),
    "metrics event": (
        lambda s, r: ["--labels", s.data, "--scores", s.scores, "--threshold", 2],
        lambda s, r: api.measure.event(s.data, scores=s.scores, threshold=2),
    ),
    "metrics region": (
        lambda s, r: ["--tracks", s.tracks, "--detections", s.detections, "--frames", 10],
        lambda s, r: api.measure.region(s.tracks, s.detections, frames=10),
    ),
    "robustness": (
        lambda s, r: [s.bundle, "--data", s.data, "--corruptions", "fog", "--severities", 3,
                      "--fps", 10, "--out", s.out("spoiled", r)],
        lambda s, r: api.robustness(s.bundle, data=s.data, corruptions="fog", severities="3",
                                    fps=10, out=s.out("spoiled", r)),
    ),
    "survey": (
        lambda s, r: ["flow", "--scenes", f"yard={s.data}", "--seeds", 0, "--out", s.out("all", r)],
        lambda s, r: api.survey("flow", scenes={"yard": s.data}, seeds=0, out=s.out("all", r)),
    ),
    "figures": (
        lambda s, r: ["ssmtl-fig9", "--data", s.data, "--fps", 10, "--bundle", s.bundle,
                      "--out", s.out("drawn", r)],
        lambda s, r: api.figures("ssmtl-fig9", data=s.data, fps=10, bundle=s.bundle,
                                 out=s.out("drawn", r)),
    ),
    "reproduce": (lambda s, r: ["daml-table5"], lambda s, r: api.published_table("daml-table5")),
    "datasets": (lambda s, r: [s.data], lambda s, r: api.check_dataset(s.data)),
    "methods": (lambda s, r: ["flow"], lambda s, r: api.describe_method("flow")),
    "weights": (
        lambda s, r: ["--method", "ssmtl", "--preset", "paper"],
        lambda s, r: api.list_weights(method="ssmtl", preset="paper"),
    ),
    "doctor": (lambda s, r: [], lambda s, r: api.doctor()),
    "watch init": (
        lambda s, r: [s.out("site.yaml", r), "--camera", "rtsp://door"],
        lambda s, r: api.watch.init(s.out("site.yaml", r), camera=["rtsp://door"]),
    ),
    "watch check": (
        lambda s, r: [s.site, "--no-cameras"],
        lambda s, r: api.watch.check(s.site, cameras=False),
    ),
    "watch events": (lambda s, r: [s.site], lambda s, r: api.watch.events(s.site)),
    "watch feedback": (lambda s, r: [s.site], lambda s, r: api.watch.feedback(s.site)),
    "watch fsck": (lambda s, r: [s.site], lambda s, r: api.watch.fsck(s.site)),
    "watch backup": (
        lambda s, r: [s.site, s.out("copy", r)],
        lambda s, r: api.watch.backup(s.site, s.out("copy", r)),
    ),
    "watch schema": (lambda s, r: [], lambda s, r: api.watch.schema()),
    "watch user list": (lambda s, r: [s.site], lambda s, r: api.watch.list_users(s.site)),
    "watch token list": (lambda s, r: [s.site], lambda s, r: api.watch.list_tokens(s.site)),
}  # fmt: skip
# Too long to run here, where each has a test of its own: what is typed, and with which arguments
# the function is called.
CALLS: dict[str, tuple[Words, dict[str, Any]]] = {
    "demo": (["--method", "ssmtl", "--seed", 3], {"method": "ssmtl", "seed": 3}),
    "sift": (
        ["a.mp4", "b", "--out", "run", "--set", "rounds=2", "--scenes-by", "name"],
        {"sources": ["a.mp4", "b"], "changes": {"rounds": 2}, "scenes_by": "name"},
    ),
    "paste": (
        ["v.mp4", "--out", "o", "--kinds", "wider,frozen", "--count", 3],
        {"kinds": "wider,frozen", "count": 3, "share": 0.4, "ignore": ()},
    ),
    "tune": (
        ["daml", "--data", "d", "--out", "o", "--budget", "30min", "--set", "box=5"],
        {"budget": "30min", "changes": {"box": 5}, "preset": "cpu", "resume": False},
    ),
    "review": (["run", "--port", 9000, "--no-open"], {"port": 9000, "open": False}),
    "bench speed": (["one", "two", "--data", "d", "--frames", 7], {"frames": 7, "repeats": 3}),
    "export": (["bundle", "--to", "openvino", "--out", "o"], {"to": "openvino", "int8": False}),
    "watch demo": (["--past", "5m", "--keep"], {"past": "5m", "keep": True, "out": None}),
    "watch run": (["s.yaml", "--load", "refuse"], {"site": Path("s.yaml"), "load": "refuse"}),
    "watch status": (["s.yaml"], {"site": Path("s.yaml")}),
    "watch replay": (
        ["s.yaml", "door", "--budget", "1/day"],
        {"camera": "door", "budget": "1/day", "threshold": None},
    ),
    "watch export": (
        ["s.yaml", "out", "--camera", "a", "--label", "normal", "--footage"],
        {"to": Path("out"), "camera": ["a"], "label": "normal", "footage": True},
    ),
    "watch user add": (
        ["s.yaml", "anna", "--password", "word", "--role", "admin"],
        {"name": "anna", "password": Path("word"), "role": "admin"},
    ),
    "watch user password": (["s.yaml", "anna", "--password", "word"], {"password": Path("word")}),
    "watch user remove": (["s.yaml", "anna"], {"name": "anna"}),
    "watch token make": (
        ["s.yaml", "display", "--camera", "a", "--camera", "b"],
        {"scope": "read", "camera": ["a", "b"]},
    ),
    "watch token remove": (["s.yaml", "display"], {"name": "display"}),
}


def test_every_command_has_an_example() -> None:
    assert EXAMPLES.keys() | CALLS.keys() == commands().keys()


def alike(value: Any, road: str) -> Any:
    """Plain values without what differs from call to call."""
    if isinstance(value, Mapping):
        return {
            key: alike(inner, road)
            for key, inner in value.items()
            if not any(word in key for word in UNLIKE)
        }
    if isinstance(value, list | tuple):
        return [alike(inner, road) for inner in value]
    return value.replace(f"/{road}/", "/") if isinstance(value, str) else value


@pytest.mark.parametrize("command", CALLS)
def test_what_is_typed_is_what_is_called(
    command: str, awry: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (function,) = functions(command)
    calls = []

    def record(*args: Any, **options: Any) -> None:
        bound = inspect.signature(function).bind(*args, **options)
        bound.apply_defaults()
        calls.append(bound.arguments)
        raise api.ConfigError("recorded")

    holder, _, name = f"api.{FUNCTIONS.get(command, (command,))[0]}".rpartition(".")
    module = api if holder == "api" else getattr(api, holder.removeprefix("api."))
    monkeypatch.setattr(module, name, record, raising=False)
    typed, expected = CALLS[command]
    said = awry(*command.split(), *typed)
    assert (said.code, said.err.strip()) == (2, "awry: recorded")
    (arguments,) = calls
    assert {name: arguments[name] for name in expected} == expected


@pytest.mark.parametrize("command", EXAMPLES)
def test_json_is_the_result_s_to_dict(
    command: str, small: Small, awry: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    typed, call = EXAMPLES[command]
    said = awry(*command.split(), *typed(small, "shell"), "--json")
    assert said.code == 0, said.err
    capfd.readouterr()
    result = call(small, "python")
    assert capfd.readouterr() == ("", ""), "a function of the library printed"
    assert isinstance(result, api.Result)
    assert alike(result.to_dict(), "python") == alike(said.json, "shell")


@pytest.mark.parametrize(
    "words", [("evaluate",), ("fuse", "flow"), ("bench", "speed"), ("robustness",)]
)
def test_a_device_that_is_not_there_is_refused_before_anything_is_done(
    awry: Callable[..., Any], small: Small, words: tuple[str, ...], tmp_path: Path
) -> None:
    out = () if words[0] == "bench" else ("--out", tmp_path / "out")
    more = ("--data", small.data, *out, "--device", "cuda:99")
    said = awry(*words, small.bundle, *more)
    assert said.code == 2
    assert "There is no device 'cuda:99' here: there is auto" in said.err
    assert not (tmp_path / "out").exists()
