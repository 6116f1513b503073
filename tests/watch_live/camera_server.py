"""A camera's server, run by the system's Python: encoded pictures from stdin go to whoever asks.

    camera_server.py rtsp PORT h264|h265|jpeg [USER PASSWORD]
    camera_server.py http PORT jpeg

Each picture on stdin: a byte (1: a key picture), four bytes (its length, big-endian), its data.
Prints `ready` when it listens. Ends with stdin.
"""

import base64
import os
import socket
import sys
import threading

CAPS = {
    "h264": "video/x-h264,stream-format=byte-stream,alignment=au",
    "h265": "video/x-h265,stream-format=byte-stream,alignment=au",
    "jpeg": "image/jpeg",
}
CHAINS = {
    "h264": "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1",
    "jpeg": "jpegparse ! rtpjpegpay name=pay0 pt=26",
}


def pictures():
    """What comes on stdin: whether it is a key picture, and its data."""
    stream = sys.stdin.buffer
    while len(head := stream.read(5)) == 5:
        data = stream.read(int.from_bytes(head[1:], "big"))
        yield head[0] == 1, data


def serve_rtsp(port, codec, user=None, password=None):
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    sources = []

    def configure(factory, media):
        source = media.get_element().get_by_name("source")
        sources[:] = [[source, False]]

    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( appsrc name=source is-live=true do-timestamp=true format=time "
        f"caps={CAPS[codec]} ! {CHAINS[codec]} )"
    )
    factory.set_shared(True)
    factory.connect("media-configure", configure)
    if user:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "user")
        text = base64.b64encode(f"{user}:{password}".encode()).decode()
        auth.add_basic(text, token)
        server.set_auth(auth)
        roles = GstRtspServer.RTSPPermissions()
        for permission in ("media.factory.access", "media.factory.construct"):
            roles.add_permission_for_role("user", permission, True)
        factory.set_permissions(roles)
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    # Sessions of clients that are gone.
    GLib.timeout_add_seconds(2, lambda: server.get_session_pool().cleanup() >= 0)

    def feed():
        for key, data in pictures():
            for one in list(sources):
                one[1] = one[1] or key
                if one[1]:
                    one[0].emit("push-buffer", Gst.Buffer.new_wrapped(data))
        os._exit(0)

    threading.Thread(target=feed, daemon=True).start()
    print("ready", flush=True)
    GLib.MainLoop().run()


def serve_http(port):
    listening = socket.create_server(("127.0.0.1", port))
    clients = []

    def accept():
        while True:
            client, _ = listening.accept()
            client.recv(65536)
            client.sendall(
                b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n"
            )
            clients.append(client)

    threading.Thread(target=accept, daemon=True).start()
    print("ready", flush=True)
    for _, data in pictures():
        head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        for client in list(clients):
            try:
                client.sendall(head.encode() + data + b"\r\n")
            except OSError:
                clients.remove(client)


if __name__ == "__main__":
    kind, port, *more = sys.argv[1:]
    if kind == "rtsp":
        serve_rtsp(int(port), *more)
    else:
        serve_http(int(port))
