from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from awry.watch.ingest.decode import PacketDecoder
from awry.watch.ingest.packets import Piece
from ingest_fakes import moving, placed, walk


def spoiled(piece: Piece) -> Piece:
    data = bytearray(piece.data)
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    return replace(piece, data=bytes(data))


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_each_picture_knows_its_packet(codec: str) -> None:
    pieces = placed(walk(codec, 12), 100.0)
    decoder = PacketDecoder(pieces[0].codec)
    decoded = [one for piece in pieces for one in decoder.decode(piece)] + decoder.rest()
    assert [one.piece.at for one in decoded] == [piece.at for piece in pieces]
    assert not any(one.damaged for one in decoded)
    image = decoded[5].picture.to_ndarray(format="rgb24").astype(int)
    assert np.abs(image - moving(5)).mean() < 20
    assert decoder.rest() == []


def test_nothing_before_the_first_key_packet() -> None:
    pieces = walk(count=30)
    decoder = PacketDecoder(pieces[0].codec)
    assert not any(decoder.decode(piece) for piece in pieces[3:10])
    assert decoder.decode(pieces[10])


def test_damage_lasts_to_the_next_key_picture() -> None:
    pieces = list(walk(count=30))
    pieces[4] = spoiled(pieces[4])
    decoder = PacketDecoder(pieces[0].codec)
    decoded = {one.piece.pts: one.damaged for piece in pieces for one in decoder.decode(piece)}
    assert not any(decoded[piece.pts] for piece in pieces[:4])
    assert all(decoded.get(piece.pts, True) for piece in pieces[5:10])
    assert not any(decoded[piece.pts] for piece in pieces[10:])


def test_what_the_demuxer_calls_corrupt_is_damaged() -> None:
    pieces = [replace(one, corrupt=number == 2) for number, one in enumerate(walk(count=12))]
    decoder = PacketDecoder(pieces[0].codec)
    damaged = [one.damaged for piece in pieces for one in decoder.decode(piece)]
    assert damaged == [False] * 2 + [True] * 8 + [False] * 2


def test_rubbish_raises_nothing() -> None:
    decoder = PacketDecoder(walk()[0].codec)
    for number in range(20):
        rubbish = replace(walk()[0], data=bytes([number]) * 50)
        assert decoder.decode(rubbish) == []
    assert decoder.decode(walk()[0])
