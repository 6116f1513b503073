"""The API on a port: sockets, certificates, trusted proxies."""

from __future__ import annotations

import socket
import ssl

import uvicorn

from awry.errors import ConfigError
from awry.serving import App, ServerThread, listener
from awry.watch.site.model import Web

_GRACE_S = 2
_MOST_CONNECTIONS = 512
_LARGEST_WORD = 4096  # bytes that a websocket may be sent by a browser


def taken(web: Web) -> socket.socket:
    """Take the port of the API; it does not listen yet.

    Raises:
        ConfigError: the host is none of this machine's, or the port is taken.
    """
    try:
        return listener(web.host, web.port)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(
            f"The API cannot listen on {web.host}, port {web.port}: {why}. End what listens there, "
            "or choose another `web.port` (or `web.host`) in the site's file."
        ) from error


def server(app: App, web: Web, place: socket.socket) -> ServerThread:
    """A server that has begun to answer.

    Args:
        app: what answers, with its guards.
        web: the settings.
        place: as `taken` gives it; closed where this fails.

    Raises:
        ConfigError: the certificate or its key cannot be used.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        date_header=True,
        forwarded_allow_ips=list(web.trusted_proxies),
        lifespan="off",
        limit_concurrency=_MOST_CONNECTIONS,
        log_config=None,
        proxy_headers=bool(web.trusted_proxies),
        server_header=False,
        ssl_certfile=web.tls.certificate if web.tls else None,
        ssl_keyfile=web.tls.key if web.tls else None,
        timeout_graceful_shutdown=_GRACE_S,
        ws="websockets-sansio",
        ws_max_size=_LARGEST_WORD,
    )
    begun = ServerThread(config, place, "web")
    try:
        _load(config)
        if not begun.begin():
            raise ConfigError(f"The API cannot be served on {web.host}, port {web.port}.")
    except ConfigError:
        place.close()
        raise
    return begun


def address(web: Web, place: socket.socket) -> str:
    """Where the API answers, for people."""
    scheme = "https" if web.tls else "http"
    host = f"[{web.host}]" if ":" in web.host else web.host
    return f"{scheme}://{host}:{place.getsockname()[1]}"


def _load(config: uvicorn.Config) -> None:
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        files = f"{config.ssl_certfile} and {config.ssl_keyfile}"
        raise ConfigError(
            f"The certificate and its key, {files}, cannot be used: "
            f"{getattr(error, 'strerror', None) or type(error).__name__}. Both must be PEM files "
            "that belong together and can be read."
        ) from error
