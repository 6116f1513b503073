"""Ways to damage a file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import strategies as st

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")

TOKENS = (
    *(b"0", b"-1", b"1e999", b"nan", b"inf", b"-inf", b"1.5", b"18446744073709551616"),
    *(b"1000000000", b"9223372036854775807", b"9" * 400, b"9" * 5000, b"null", b"true", b"[]"),
    *(b"{}", b'""', b'"x"', b"\x00", b"\x1b[31m", b"=1+1", "²".encode(), "٣".encode(), b""),
    *(b"[" * 3000, b'"', b",", b"\n", b"\r", b":", b"\xff\xfe", b"{" * 200),
)


@dataclass(frozen=True)
class Mutation:
    """One change of a file's bytes.

    Attributes:
        kind: see `damaged`.
        place: where, 0 to 1 of the file.
        length: how many bytes it concerns.
        value: a byte, or the number of a token.
        data: bytes to put in.
    """

    kind: str
    place: float
    length: int
    value: int
    data: bytes


KINDS = ("flip", "truncate", "insert", "delete", "repeat", "random", "number", "number", "token")

mutations = st.lists(
    st.builds(
        Mutation,
        st.sampled_from(KINDS),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 64),
        st.integers(0, 255),
        st.binary(max_size=16),
    ),
    min_size=1,
    max_size=3,
)


def damaged(data: bytes, changes: list[Mutation]) -> bytes:
    """The bytes with these changes, one after the other."""
    for change in changes:
        at = int(change.place * len(data))
        end = at + change.length
        match change.kind:
            case "flip":
                turned = bytes([data[at] ^ (1 << change.value % 8)]) if data else b""
                data = data[:at] + turned + data[at + 1 :]
            case "truncate":
                data = data[:at]
            case "insert":
                data = data[:at] + change.data + data[at:]
            case "delete":
                data = data[:at] + data[end:]
            case "repeat":
                data = data[:at] + data[at:end] * (change.value % 8 + 2) + data[end:]
            case "random":
                data = data[:at] + change.data + data[at + len(change.data) :]
            case "number":
                found = list(_NUMBER.finditer(data))
                if found:
                    one = found[int(change.place * len(found))]
                    token = TOKENS[change.value % len(TOKENS)]
                    data = data[: one.start()] + token + data[one.end() :]
            case "token":
                data = data[:at] + TOKENS[change.value % len(TOKENS)] + data[at:]
    return data
