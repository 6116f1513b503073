from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.site.secret_files import files_with_secrets


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("cameras: {door: {detect: 'rtsp://root:word@door'}}", True),
        ("cameras: {door: {detect: 'rtsp://root:${WORD}@door'}}", False),
        ("cameras: {door: {detect: 'rtsp://door/live'}}", False),
        ("defaults: {record: 'rtsp://a:b@door'}", True),
        ("mqtt: {host: b, password: word}", True),
        ("mqtt: {host: b, password: '${WORD}'}", False),
        ("webhooks: [{name: a, to: 'https://x/token'}]", True),
        ("database: postgresql://u:p@h/d", True),
        ("name: 'rtsp://a:b@door'", False),
        ("- 1", False),
    ],
)
def test_a_password_in_plain(tmp_path: Path, text: str, plain: bool) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    assert files_with_secrets(path) == ((path,) if plain else ())


def test_files_that_are_named(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("mqtt: {password: 'file:a'}\nwebhooks:\n  - {to: {file: /b}, secret: '${X}'}\n")
    assert files_with_secrets(path) == (tmp_path / "a", Path("/b"))
