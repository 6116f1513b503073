"""Messages survive the way as bytes; anything else is an error of ours."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import InputError
from awry.watch import messages
from awry.watch.ipc import codec
from awry.watch.ipc.codec import KINDS, decode, encode, pack, unpack
from awry.watch.messages import EndClip, Message, Scored, SeenRegion

st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(str, st.text(st.characters(codec=None), max_size=20))
st.register_type_strategy(int, st.integers(-(2**63), 2**63))
ANY_MESSAGE = st.one_of([st.builds(kind) for kind in KINDS.values()])


@given(message=ANY_MESSAGE)
@settings(max_examples=80, deadline=None)
def test_every_message_comes_back(message: Message) -> None:
    assert decode(encode(message)) == message


def test_all_messages_are_known() -> None:
    assert {"Hello", "Scored", "UseBundle", "Beat"} <= KINDS.keys()
    assert set(KINDS) <= set(vars(messages))
    assert Message.__name__ not in KINDS


def test_the_bytes_are_these() -> None:
    region = SeenRegion((0.0, 0.25, 0.5, 1.0), 2.5, {"motion": 1.0})
    scored = Scored("door", 5.0, "s", 7, "b", None, regions=(region,), picture=b"JPEG", heat=b"")
    header = (
        b'[["Scored", {"camera": "door", "at": 5.0, "session": "s", "step": 7, "bundle": "b", '
        b'"score": null, "light": "day", "shadow": false, "parts": {}, "regions": [{"box": [0.0, '
        b'0.25, 0.5, 1.0], "score": 2.5, "parts": {"motion": 1.0}, "class_name": ""}], "width": 0, '
        b'"height": 0, "picture": 0, "heat": 1, "dropped": 0, "sent_at": 0.0}], [4, 0]]'
    )
    assert encode(EndClip("door", "e", 5.0)) == (
        b'\0\0\0\x3f[["EndClip", {"camera": "door", "event": "e", "end": 5.0}], []]'
    )
    assert decode(len(header).to_bytes(4, "big") + header + b"JPEG") == scored


def test_numbers_of_numpy_become_plain() -> None:
    scored = Scored("a", np.float64(1), "s", np.int64(3), "b", np.float32(0.5))  # type: ignore[arg-type]
    back = decode(encode(scored))
    assert isinstance(back, Scored)
    assert (back.at, back.step, back.score) == (1.0, 3, 0.5)
    assert type(back.score) is float


def test_nan_comes_back() -> None:
    back = decode(encode(Scored("a", 1.0, "s", 0, "b", float("nan"))))
    assert isinstance(back, Scored)
    assert back.score != back.score


@pytest.mark.parametrize(
    ("header", "blobs", "said"),
    [
        (["Unheard", {}], [], "no known message"),
        ("Beat", [], "no known message"),
        (["Beat", {"extra": 1}], [], "no field 'extra'"),
        (["Hello", {"process": "web", "name": ""}], [], "pid"),
        (["Hello", {"process": "web", "name": "", "pid": "1"}], [], "should not be"),
        (["Hello", {"process": "web", "name": "", "pid": True}], [], "should not be"),
        (["Recording", {"on": 1}], [], "should not be"),
        (["Interesting", {"camera": "a", "light": "dusk", "score": 1.0}], [], "'dusk' is none"),
        (["Beat", []], [], "should not be"),
    ],
)
def test_what_is_not_expected_is_refused(header: Any, blobs: list[bytes], said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode(pack(header, blobs))


@given(st.binary(max_size=60))
@settings(max_examples=60, deadline=None)
def test_rubbish_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(InputError):
        decode(data)


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_a_changed_byte_is_a_message_or_an_error_of_ours(place: int, byte: int) -> None:
    data = bytearray(encode(Scored("door", 5.0, "s", 7, "b", 0.5, picture=b"abc", heat=b"d")))
    data[place % len(data)] = byte
    with contextlib.suppress(InputError):
        assert isinstance(decode(bytes(data)), Message)


def test_a_cut_message_is_refused() -> None:
    data = encode(Scored("door", 5.0, "s", 7, "b", 0.5, picture=b"abc"))
    for length in range(len(data)):
        with pytest.raises(InputError):
            decode(data[:length])


def test_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LONGEST", 1000)
    with pytest.raises(InputError, match="too long"):
        encode(Scored("door", 5.0, "s", 7, "b", 0.5, picture=bytes(1000)))


def test_what_is_not_plain_is_refused() -> None:
    with pytest.raises(InputError, match="plain"):
        encode(Scored(object(), 5.0, "s", 7, "b", 0.5))  # type: ignore[arg-type]


def test_packing_keeps_blobs_apart() -> None:
    assert unpack(pack({"a": 1}, [b"x", b"", b"yz"])) == ({"a": 1}, [b"x", b"", b"yz"])


def test_no_heavy_library_is_needed() -> None:
    code = (
        "import sys, awry.watch.ipc.context, awry.watch.ipc.memory;"
        "print([one for one in ('torch', 'av', 'cv2', 'sqlalchemy') if one in sys.modules])"
    )
    source = str(pathlib.Path(codec.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": source}
    )
    assert done.stdout.strip() == "[]", done.stderr
