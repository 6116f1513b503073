"""Modules, templates and styles of all pages keep the rules of the house."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "awry"
STATIC = (
    SOURCE / "pages" / "static",
    SOURCE / "watch" / "web" / "pages" / "static",
    SOURCE / "sifting" / "review" / "static",
)
MODULES = [path for folder in STATIC for path in sorted(folder.rglob("*.js"))]
STYLES = [path for folder in STATIC for path in sorted(folder.rglob("*.css"))]
TEMPLATES = sorted(SOURCE.rglob("templates/*.html"))
_IMPORT = re.compile(r"""(?:\bfrom|^import)\s+["']([^"']+)["']""", re.MULTILINE)
_DYNAMIC = re.compile(r"""import\(\s*["']([^"']+)["']""")
_HTML = re.compile(r"(inner|outer)HTML\s*\+?=(?!=)|insertAdjacentHTML|document\.write|DOMParser")
_RUN = re.compile(r"\beval\(|new Function|setAttribute\(.style.|srcdoc|javascript:")
LONGEST = 500


def served() -> set[Path]:
    """All files by their place below `static/`: folders are served as one."""
    return {path.relative_to(folder) for folder in STATIC for path in folder.rglob("*")}


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_every_module_can_be_read() -> None:
    # One process for all: each is checked by its own import of the syntax alone.
    code = (
        "const fs=require('fs'),vm=require('vm');for(const f of process.argv.slice(1)){try{"
        "new vm.SourceTextModule(fs.readFileSync(f,'utf8'),{identifier:f})"
        "}catch(e){console.log(f+': '+e.message);process.exitCode=1}}"
    )
    node = ["node", "--experimental-vm-modules", "--no-warnings", "-e", code, "--"]
    given = [*node, *map(str, MODULES)]
    done = subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_what_is_imported_is_there(module: Path) -> None:
    text = module.read_text("utf-8")
    folder = next(one for one in STATIC if module.is_relative_to(one))
    place = module.relative_to(folder).parent
    for name in (*_IMPORT.findall(text), *_DYNAMIC.findall(text)):
        assert name.startswith("."), f"{name} is no relative path, so of no version"
        wanted = Path(*_joined(place, name))
        assert wanted in served(), name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_html_is_made_of_text(module: Path) -> None:
    text = module.read_text("utf-8")
    found = [one[0] for one in _HTML.finditer(text)]
    # What a fragment of the server's becomes elements by, and nothing else.
    assert found == (["innerHTML ="] if module.name == "api.js" else [])
    assert not _RUN.search(text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_style_and_no_script(template: Path) -> None:
    if "report" in template.parts:  # a file of its own, without a server
        return
    text = template.read_text("utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"""\son[a-z]+\s*=\s*["']""", text)
    assert "|safe" not in text.replace(" ", "")
    assert not [one for one in re.findall(r"<script\b[^>]*>", text) if "src=" not in one]


@pytest.mark.parametrize("file", [*MODULES, *STYLES, *TEMPLATES], ids=lambda path: path.name)
def test_files_are_short(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST


def test_files_that_templates_name_are_there() -> None:
    for template in TEMPLATES:
        for name in re.findall(r"static\('([^']+)'\)", template.read_text("utf-8")):
            assert Path(name) in served(), (template.name, name)


def _joined(place: Path, name: str) -> list[str]:
    parts = list(place.parts)
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return parts
