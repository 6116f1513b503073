"""Cameras of the network: a device on loopback answers, others send what they like."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from awry.watch.checking.discovery import discover, read_answer

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Header><a:RelatesTo>{identity}</a:RelatesTo></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/name/Back%20Yard onvif://www.onvif.org/hardware/X_1
 onvif://www.onvif.org/name/second onvif://www.onvif.org/Profile/T</d:Scopes>
<d:XAddrs>http://203.0.113.9/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""


@contextmanager
def device(*answers: bytes) -> Iterator[tuple[str, int]]:
    """Answers a probe, the first time with these; `IDENTITY` becomes the probe's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(10)

        def answer() -> None:
            probe, sender = listening.recvfrom(4096)
            found = re.search(rb"urn:uuid:[0-9a-f-]+", probe)
            assert found is not None
            for one in answers:
                listening.sendto(one.replace(b"IDENTITY", found[0]), sender)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()
        thread.join()


def test_a_device_that_answers_is_found() -> None:
    good = ANSWER.format(identity="IDENTITY").encode()
    with device(b"\0\1rubbish", good.replace(b"IDENTITY", b"other"), good, good) as place:
        (camera,) = discover(place, seconds=0.5)
    assert (camera.host, camera.name, camera.hardware) == ("127.0.0.1", "Back Yard", "X 1")


def test_without_a_network_nothing_is_found() -> None:
    assert discover(("240.0.0.1", 3702), seconds=0.1) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"\xff\xfe\x00",
        ANSWER.format(identity="another").encode(),
        b'<!DOCTYPE a [<!ENTITY x "y">]>' + ANSWER.format(identity="me").encode()[38:],
        b'<?xml version="1.0" encoding="nope"?><a/>',
    ],
)
def test_what_is_no_answer_to_our_probe(data: bytes) -> None:
    assert read_answer(data, "127.0.0.1", "me") is None


def test_names_are_short_and_can_be_printed() -> None:
    hostile = ANSWER.format(identity="me").replace("Back%20Yard", "a%0A%3Cb%3E" + "x" * 100)
    found = read_answer(hostile.encode(), "127.0.0.1", "me")
    assert found is not None
    assert found.name.startswith("a <b>x")
    assert len(found.name) == 60
