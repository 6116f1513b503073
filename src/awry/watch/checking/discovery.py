"""Cameras of the network that answer a WS-Discovery probe, as ONVIF cameras do.

One datagram goes to the network's multicast group; whoever answers within some seconds is listed.
No camera is opened, and nothing is asked of it.
"""

from __future__ import annotations

import re
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

GROUP = ("239.255.255.250", 3702)
SECONDS = 3.0
MOST, _LARGEST = 256, 32 * 1024
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware|location)/(.+)")
_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="{addressing}" '
    'xmlns:d="{discovery}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
    "<e:Header><w:MessageID>{identity}</w:MessageID>"
    '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>'
    '<w:Action e:mustUnderstand="true">{discovery}/Probe</w:Action></e:Header>'
    "<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body>"
    "</e:Envelope>"
)


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered. What it says of itself is not checked.

    Attributes:
        host: its address in the network, from which the answer came.
        name, hardware, location: as it says; may be empty.
    """

    host: str
    name: str = ""
    hardware: str = ""
    location: str = ""


def discover(group: tuple[str, int] = GROUP, seconds: float = SECONDS) -> tuple[FoundCamera, ...]:
    """Ask the network for cameras.

    Args:
        group: where the probe goes: address and port.
        seconds: for so long answers are taken.

    Returns:
        those that answered, by address; none where there is no network.
    """
    identity = f"urn:uuid:{uuid.uuid4()}"
    probe = _PROBE.format(addressing=_ADDRESSING, discovery=_DISCOVERY, identity=identity)
    found: dict[str, FoundCamera] = {}
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking, suppress(OSError):
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        asking.sendto(probe.encode(), group)
        for host, data in _answers(asking, seconds):
            camera = read_answer(data, host, identity)
            if camera is not None:
                found.setdefault(host, camera)
    return tuple(found[host] for host in sorted(found, key=_order))


def read_answer(data: bytes, host: str, identity: str) -> FoundCamera | None:
    """A camera's answer; None where it is none to our probe.

    Args:
        data: the datagram.
        host: from which it came.
        identity: of the probe.
    """
    # A declaration of entities may stand for gigabytes; other encodings than UTF-8 could hide it.
    if b"<!" in data or b"\0" in data:
        return None
    try:
        tree = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    related = tree.findtext(f".//{{{_ADDRESSING}}}RelatesTo") or ""
    match = tree.find(f".//{{{_DISCOVERY}}}ProbeMatch")
    if related.strip() != identity or match is None:
        return None
    scopes = (match.findtext(f"{{{_DISCOVERY}}}Scopes") or "").split()
    named = [one for scope in scopes if (one := _SCOPE.fullmatch(scope))]
    return FoundCamera(host, **{one[1]: _words(one[2]) for one in reversed(named)})


def _answers(asking: socket.socket, seconds: float) -> Iterator[tuple[str, bytes]]:
    end = time.monotonic() + seconds
    for _ in range(MOST):
        left = end - time.monotonic()
        if left <= 0:
            return
        asking.settimeout(left)
        try:
            data, sender = asking.recvfrom(_LARGEST)
        except TimeoutError:
            return
        except OSError:  # e.g. nobody listens at a port that was asked
            continue
        yield str(sender[0]), data


def _words(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in unquote(text))
    return plain.replace("_", " ").strip()[:60]


def _order(host: str) -> tuple[int, ...] | tuple[str]:
    parts = host.split(".")
    return tuple(int(one) for one in parts) if all(one.isdigit() for one in parts) else (host,)
