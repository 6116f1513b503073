"""Files of events: whole, in ranges, and none beside them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awry.watch.store.layout import Layout
from awry.watch.web.media import MediaFile, media_path
from awry.watch.web.refusals import RefusedError

CONTENT = bytes(range(256)) * 5


def answer(
    file: MediaFile, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.Event().wait()

    pairs = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    scope = {"type": "http", "method": method, "headers": pairs}
    asyncio.run(file(scope, receive, send))
    told = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    path.write_bytes(CONTENT)
    return path


def test_a_whole_file(clip: Path) -> None:
    status, headers, body = answer(MediaFile(clip, "door"))
    assert (status, body) == (200, CONTENT)
    assert headers["content-type"] == "video/mp4"
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-disposition"] == 'inline; filename="door.mp4"'


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.integers(0, 1500), last=st.none() | st.integers(0, 3000))
def test_a_range_is_the_slice_that_was_asked_for(clip: Path, first: int, last: int | None) -> None:
    text = f"bytes={first}-{'' if last is None else last}"
    status, headers, body = answer(MediaFile(clip, "door"), range=text)
    if last is not None and last < first:
        assert (status, body) == (200, CONTENT)  # it is no range, and is ignored
    elif first >= len(CONTENT):
        assert status == 416
        assert headers["content-range"] == f"bytes */{len(CONTENT)}"
        assert b'"status":416' in body
    else:
        end = len(CONTENT) if last is None else min(last + 1, len(CONTENT))
        assert (status, body) == (206, CONTENT[first:end])
        assert headers["content-range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"
        assert headers["content-length"] == str(len(body))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(count=st.integers(0, 3000))
def test_a_suffix_is_the_end_of_the_file(clip: Path, count: int) -> None:
    status, _, body = answer(MediaFile(clip, "door"), range=f"bytes=-{count}")
    assert (status, body) == (206, CONTENT[-count:]) if count else status == 416


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_whatever_is_no_range_is_ignored(clip: Path, text: str) -> None:
    status, _, body = answer(MediaFile(clip, "door"), range=text)
    assert (status, body) == (200, CONTENT)


@pytest.mark.parametrize(
    "text", ["items=0-5", "bytes=", "bytes=-", "bytes=0-1,4-5", "bytes=9" + "9" * 6000 + "-", "0-5"]
)
def test_other_units_and_several_ranges_give_the_whole(clip: Path, text: str) -> None:
    assert answer(MediaFile(clip, "door"), range=text)[0] == 200


def test_what_a_browser_has_is_not_sent_again(clip: Path) -> None:
    tag = answer(MediaFile(clip, "door"))[1]["etag"]
    status, headers, body = answer(MediaFile(clip, "door"), if_none_match=tag)
    assert (status, headers["etag"], body) == (304, tag, b"")
    assert answer(MediaFile(clip, "door"), if_none_match='"other"')[0] == 200
    assert answer(MediaFile(clip, "door"), range="bytes=0-1", if_range='"other"')[0] == 200
    assert answer(MediaFile(clip, "door"), range="bytes=0-1", if_range=tag)[0] == 206


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "store")
    (layout.media / "door").mkdir(parents=True)
    (layout.media / "door" / "a.mp4").write_bytes(b"clip")
    layout.database.write_bytes(b"secret")
    (tmp_path / "outside.mp4").write_bytes(b"secret")
    return layout


def test_a_file_of_the_media_folder_is_found(layout: Layout) -> None:
    assert media_path(layout, "media/door/a.mp4").read_bytes() == b"clip"


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "awry.db",
        "media",
        "media/door",
        "media/../awry.db",
        "media/door/../../awry.db",
        "../outside.mp4",
        "media/../../outside.mp4",
        "/etc/passwd",
        "media/door/none.mp4",
        "media/door/a.mp4\0.jpg",
        "media/door/" + "a" * 5000,
        "media/link.mp4",
        "media/folder/outside.mp4",
    ],
)
def test_nothing_beside_the_media_folder_is(layout: Layout, stored: str) -> None:
    (layout.media / "link.mp4").symlink_to(layout.root.parent / "outside.mp4")
    (layout.media / "folder").symlink_to(layout.root.parent)
    with pytest.raises(RefusedError) as caught:
        media_path(layout, stored)
    assert caught.value.status == 404


def test_a_pipe_is_no_file(layout: Layout) -> None:
    os.mkfifo(layout.media / "pipe.mp4")
    with pytest.raises(RefusedError):
        media_path(layout, "media/pipe.mp4")


def test_a_file_that_is_gone_meanwhile(layout: Layout) -> None:
    path = media_path(layout, "media/door/a.mp4")
    path.unlink()
    with pytest.raises(RefusedError):
        MediaFile(path, "door")
