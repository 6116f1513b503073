"""Webhooks: a signed POST of JSON.

The body is `payloads.message` as UTF-8. With a secret two headers go along: `X-Awry-Timestamp`
(seconds since 1970) and `X-Awry-Signature` (`v1=` and the hexadecimal HMAC-SHA256 of
`TIMESTAMP.BODY`).
A receiver should check both with `is_genuine`: messages whose timestamp is more than 300 s off are
repetitions by somebody else. Each try is signed anew. `X-Awry-Delivery` is the message's `id`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from awry.version import __version__
from awry.watch.courier.channels import Letter, UndeliveredError
from awry.watch.courier.payloads import as_text, message

REPLAY_WINDOW_S = 300.0
"""A message's timestamp may be off by so much."""

LIMIT_S = 15.0
"""One try takes no longer, whatever the receiver does."""

_MOST_HOPS = 3
_TRY_AGAIN = frozenset({408, 425, 429})


class Webhook:
    """A receiver of signed messages.

    Args:
        address: `https://` or `http://`; its name and password become an `Authorization` header.
        secret: signs; None: unsigned.
        now: seconds since 1970-01-01 UTC.
        limit_s: seconds that one try may take.
    """

    people = False

    def __init__(
        self,
        address: str,
        secret: str | None,
        now: Callable[[], float],
        limit_s: float = LIMIT_S,
    ) -> None:
        self._address, self._secret, self._now, self._limit_s = address, secret, now, limit_s

    def send(self, letter: Letter) -> None:
        """POST it.

        Raises:
            UndeliveredError: no connection, no answer in time, or another answer than 2xx. Those
                of 4xx are final, except 408, 425 and 429.
        """
        content = message(letter)
        body = as_text(content).encode()
        address = self._address
        for _ in range(_MOST_HOPS + 1):
            status, headers = self._post(address, body, content["id"])
            if 200 <= status < 300:
                return
            if status not in (307, 308):
                raise _refused(status, headers.get("Retry-After"))
            address = _same_host(address, headers.get("Location", ""))
        raise UndeliveredError(f"The receiver redirects more than {_MOST_HOPS} times.")

    def _post(
        self, address: str, body: bytes, delivery: str
    ) -> tuple[int, http.client.HTTPMessage]:
        try:
            place = urlsplit(address)
            connection = _connection(place, self._limit_s)
        except (ValueError, http.client.InvalidURL):
            raise UndeliveredError(
                "Its address is no https:// or http:// URL.", again=False
            ) from None
        watch = threading.Timer(self._limit_s, lambda: _cut(connection))
        watch.daemon = True
        watch.start()
        try:
            target = (place.path or "/") + (f"?{place.query}" if place.query else "")
            connection.request("POST", target, body, self._headers(place, body, delivery))
            answer = connection.getresponse()
            return answer.status, answer.headers
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Without the cause: texts of these errors may quote the address.
            raise UndeliveredError(_why(error, self._limit_s)) from None
        finally:
            watch.cancel()
            connection.close()

    def _headers(self, place: SplitResult, body: bytes, delivery: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"awry/{__version__}",
            "X-Awry-Delivery": delivery,
        }
        if self._secret is not None:
            stamp = str(int(self._now()))
            headers["X-Awry-Timestamp"] = stamp
            headers["X-Awry-Signature"] = signature(self._secret, stamp, body)
        if place.username is not None:
            pair = f"{unquote(place.username)}:{unquote(place.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `TIMESTAMP.BODY`."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def is_genuine(secret: str, timestamp: str, body: bytes, signed: str, now: float) -> bool:
    """Whether a message was signed with the secret, at most 300 s ago; for receivers.

    Args:
        secret: that both sides know.
        timestamp, signed: the headers `X-Awry-Timestamp` and `X-Awry-Signature`.
        body: as it came.
        now: seconds since 1970-01-01 UTC.
    """
    fresh = timestamp.isdecimal() and abs(now - int(timestamp)) <= REPLAY_WINDOW_S
    right = hmac.compare_digest(signature(secret, timestamp, body).encode(), signed.encode())
    return fresh and right


def _connection(place: SplitResult, limit_s: float) -> http.client.HTTPConnection:
    if not place.hostname or place.scheme not in ("http", "https"):
        raise ValueError("no URL of HTTP")
    if place.scheme == "http":
        return http.client.HTTPConnection(place.hostname, place.port, timeout=limit_s)
    return http.client.HTTPSConnection(
        place.hostname, place.port, timeout=limit_s, context=ssl.create_default_context()
    )


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a connection that another thread waits on."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _same_host(address: str, location: str) -> str:
    """Where a redirect leads; only to the same host and port, since the body is not for others."""
    wanted, old = urljoin(address, location), urlsplit(address)
    try:
        new = urlsplit(wanted)
        same = (new.scheme, new.hostname, new.port) == (old.scheme, old.hostname, old.port)
    except ValueError:
        same = False
    if not location or not same:
        raise UndeliveredError(
            "The receiver redirects to another host, which is not followed: give the new address.",
            again=False,
        )
    userinfo, found, _ = old.netloc.rpartition("@")
    bare = new.netloc.rpartition("@")[2]
    return new._replace(netloc=f"{userinfo}@{bare}" if found else bare).geturl()


def _refused(status: int, retry_after: str | None) -> UndeliveredError:
    again = not 400 <= status < 500 or status in _TRY_AGAIN
    wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
    return UndeliveredError(f"The receiver answered {status}.", again=again, wait_s=wait)


def _why(error: Exception, limit_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"The receiver did not answer within {limit_s:g} s."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "The receiver's certificate is not trusted."
    if isinstance(error, ConnectionRefusedError):
        return "The receiver refused the connection."
    if isinstance(error, socket.gaierror):
        return "The receiver's host was not found."
    return f"The connection to the receiver failed ({type(error).__name__})."
