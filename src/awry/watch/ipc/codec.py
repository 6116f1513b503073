"""Messages as bytes and back: a JSON header, then raw blobs. Nothing is ever unpickled.

    4 bytes   length of the header, big-endian
    header    JSON: [name of the message, its fields, lengths of the blobs]
    blobs     the fields that are bytes, one after the other; the header has their numbers

Both ends are of one installation, so a name, field or type that is not expected is an error.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import numbers
import struct
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

from awry.errors import InputError
from awry.watch import messages
from awry.watch.messages import Message

LONGEST = 32 * 2**20
"""Bytes of a message; a longer one is refused at both ends."""
_HEAD = struct.Struct(">I")
_Blobs = Sequence[bytes]
_Reader = Callable[[Any, _Blobs], Any]

KINDS: dict[str, type[Message]] = {
    name: one
    for name, one in vars(messages).items()
    if isinstance(one, type) and issubclass(one, Message) and one is not Message
}
"""Every message by its name."""


def encode(message: Message) -> bytes:
    """A message as bytes.

    Raises:
        InputError: a field holds something else than plain values, or the message is too long.
    """
    blobs: list[bytes] = []
    return pack([type(message).__name__, _fields(message, blobs)], blobs)


def decode(data: bytes | memoryview) -> Message:
    """The message that `encode` wrote.

    Raises:
        InputError: damaged, or a name, field or type that is not expected.
    """
    header, blobs = unpack(data)
    if not isinstance(header, list) or len(header) != 2 or header[0] not in KINDS:
        raise InputError("What came is no known message; both ends must be of one version of awry.")
    kind: Any = KINDS[header[0]]
    try:
        message = _reader(kind)(header[1], blobs)
    except (TypeError, ValueError, LookupError) as error:
        raise InputError(f"The message {header[0]} is damaged: {error}.") from error
    assert isinstance(message, Message)
    return message


def pack(header: Any, blobs: _Blobs = ()) -> bytes:
    """Plain values and raw bytes in one piece.

    Raises:
        InputError: the header holds something else than plain values, or all is too long.
    """
    try:
        text = json.dumps([header, [len(one) for one in blobs]], default=_number).encode("ascii")
    except (TypeError, ValueError) as error:
        raise InputError(f"A message may hold plain values alone: {error}.") from error
    length = _HEAD.size + len(text) + sum(map(len, blobs))
    if length > LONGEST:
        raise InputError(f"A message of {length} bytes is too long; {LONGEST} are allowed.")
    return b"".join([_HEAD.pack(len(text)), text, *blobs])


def unpack(data: bytes | memoryview) -> tuple[Any, list[bytes]]:
    """What `pack` was given.

    Raises:
        InputError: damaged.
    """
    view = memoryview(data)
    try:
        (length,) = _HEAD.unpack_from(view)
        header, lengths = json.loads(bytes(view[_HEAD.size : _HEAD.size + length]))
        place = _HEAD.size + length
        blobs = []
        for one in lengths:
            if type(one) is not int or not 0 <= one <= len(view) - place:
                raise ValueError("a blob is cut off")
            blobs.append(bytes(view[place : place + one]))
            place += one
        if place != len(view):
            raise ValueError("there is more than the header says")
    except (struct.error, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"What came is no message: {error}.") from error
    return header, blobs


def _number(value: Any) -> Any:
    """Numbers of NumPy as Python's."""
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not plain")


def _fields(value: Any, blobs: list[bytes]) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name), blobs) for one in dataclasses.fields(value)}


def _plain(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        blobs.append(bytes(value))
        return len(blobs) - 1
    if dataclasses.is_dataclass(value):
        return _fields(value, blobs)
    if isinstance(value, (tuple, list)):
        return [_plain(one, blobs) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one, blobs) for key, one in value.items()}
    return value


@functools.cache
def _reader(hint: Any) -> _Reader:
    """What reads a value of that type, and raises TypeError or ValueError on any other."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return _record(hint)
    if origin is typing.Literal:
        return _one_of(arguments)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (_reader(one) for one in arguments if one is not type(None))
        return lambda value, blobs: None if value is None else inner(value, blobs)
    if origin is tuple:
        return _tuple(arguments)
    if origin is dict:
        keys, values = map(_reader, arguments)
        return lambda value, blobs: {
            keys(key, blobs): values(one, blobs) for key, one in _of(dict, value).items()
        }
    if hint is bytes:
        return lambda value, blobs: blobs[_index(value)]
    if hint is float:
        return lambda value, _: float(_of((int, float), value))
    return lambda value, _: _of(hint, value)


def _record(kind: type) -> _Reader:
    hints = typing.get_type_hints(kind)
    readers = {one.name: _reader(hints[one.name]) for one in dataclasses.fields(kind)}

    def read(value: Any, blobs: _Blobs) -> Any:
        given = _of(dict, value)
        if unknown := given.keys() - readers.keys():
            raise ValueError(f"it has no field {min(unknown)!r}")
        return kind(**{name: readers[name](one, blobs) for name, one in given.items()})

    return read


def _tuple(arguments: tuple[Any, ...]) -> _Reader:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        inner = _reader(arguments[0])
        return lambda value, blobs: tuple(inner(one, blobs) for one in _of(list, value))
    readers = [_reader(one) for one in arguments]
    return lambda value, blobs: tuple(
        reader(one, blobs) for reader, one in zip(readers, _of(list, value), strict=True)
    )


def _one_of(allowed: tuple[Any, ...]) -> _Reader:
    def read(value: Any, _: _Blobs) -> Any:
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {', '.join(map(str, allowed))}")
        return value

    return read


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"a value is {type(value).__name__} and should not be")
    return value


def _index(value: Any) -> int:
    place = int(_of(int, value))
    if place < 0:
        raise ValueError("a blob's number is negative")
    return place
