"""Whether the API of this container's site answers: exit code 0 if it does.

The port is 8780, or $AWRY_PORT; with $AWRY_TLS set it is asked by HTTPS.
"""

from __future__ import annotations

import os
import ssl
import sys
import urllib.error
import urllib.request

SECONDS = 8


def healthy(port: int, tls: bool) -> bool:
    """Ask `/livez` on this machine."""
    context = ssl.create_default_context() if tls else None
    if context is not None:  # the certificate is for the name that others use, not for 127.0.0.1
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = f"{'https' if tls else 'http'}://127.0.0.1:{port}/livez"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS, context=context) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    port = int(os.environ.get("AWRY_PORT", "8780"))
    sys.exit(0 if healthy(port, bool(os.environ.get("AWRY_TLS"))) else 1)
