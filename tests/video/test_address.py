from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.video.address import HIDDEN, STREAM_PREFIXES, name_of, redact, safe, without_addresses

SECRETS = [
    "http://{host}/videostream.cgi?loginuse=admin&loginpas=s3cret",
    "rtsp://{host}/user=admin_password=s3cret_channel=1_stream=0.sdp?real_stream",
    "rtsp://{host}//user=admin&password=s3cret&channel=1&stream=0.sdp?",
    "http://{host}/video.cgi?account=admin&psw=s3cret",
    "https://{host}/live.m3u8?sig=s3cret",
    "http://{host}/live/s3cret.m3u8?channel=1",
    "http://{host}/snap?u=admin&p=s3cret",
    "http://{host}/live?a=1;password=s3cret",
    "http://{host}/live;password=s3cret",
    "http://{host};s3cret/live",
    "http://{host}/live#s3cret",
    "http://{host}/live?channel=s3cret",
    "http://{host}/live?s3cret",
    "rtsp://{host}/admin/s3cret/stream",
    "rtsp://{host}/live/admin/s3cret/1.ts",
    "rtsp://{host}/live%3Fpass%3Ds3cret",
    "rtmp://{host}/live playpath=s3cret swfUrl=http://x/y",
    "rtmp://{host}/live/stream?key=s3cret",
    "srt://{host}?streamid=read:live:admin:s3cret&passphrase=s3cret",
    "rtp://admin:s3cret@{host}",
    "udp://admin:s3cret@{host}",
    "RTSP://admin:s3cret@{host}/live",
    "rtsp://s3cret@{host}/live",
    "rtsp://admin:p@s3cret@{host}/live",
    "rtsp://admin:p/s3cret@{host}/live",
    "rtsp://admin:p?q#s3cret@{host}/live",
    "rtsp://admin:p@q/s3cret@{host}/live",
    "rtsp://admin%3As3cret%40{host}/live",
    "rtsp://admin:s3cret/{host}/live",
    "http://{host}/live?mail=me@s3cret",
    "http://{host}/live?pwd=a@s3cret:80/live",
    "http://{host}/live/\ns3cret",
    "rtsp:/admin:s3cret@{host}/live",
    "admin:s3cret@{host}/live",
    "ftp://admin:s3cret@{host}/live",
]


@pytest.mark.parametrize("host", ["camera", "10.0.0.7:554", "[fe80::7]:8554", "cam-1.example.org"])
@pytest.mark.parametrize("address", SECRETS)
def test_no_secret_is_shown(address: str, host: str) -> None:
    url = address.format(host=host)
    assert "s3cret" not in redact(url)
    assert "s3cret" not in name_of(url)
    assert "s3cret" not in safe(url)
    assert "s3cret" not in safe(f"door={url}")
    assert "s3cret" not in without_addresses(f"No {url} nor {Path(url)}.", [f"--data={url}"])


@pytest.mark.parametrize(
    ("url", "shown", "name"),
    [
        ("rtsp://host:554/live", "rtsp://host:554/live", "host:554/live"),
        ("rtsp://user:pass@host/live", "rtsp://***@host/live", "host/live"),
        ("rtsp://user:p@ss@host/live", "rtsp://***@host/live", "host/live"),
        ("rtsp://user:p/a#s?s@host/live", "rtsp://***", "stream"),
        ("RTSP://[fe80::1%25eth0]:8554/11", "rtsp://[fe80::1%25eth0]:8554/11", None),
        (
            "http://host/live?user=u&Password=a%26b&ch=1",
            "http://host/live?***&ch=1",
            "host/live?ch=1",
        ),
        (
            "rtsp://host/cam/realmonitor?channel=2&subtype=0",
            "rtsp://host/cam/realmonitor?channel=2&subtype=0",
            "host/cam/realmonitor?channel=2&subtype=0",
        ),
        ("rtsp://a/Streaming/Channels/101/", "rtsp://a/Streaming/Channels/101/", None),
        ("rtsp://a/h264Preview_01_main", "rtsp://a/h264Preview_01_main", None),
        ("rtsp://a/mpeg4/ch1/streams.mpegts", "rtsp://a/mpeg4/ch1/streams.mpegts", None),
        (f"rtsp://a/{'mpegts' * 5000}x", "rtsp://a/***", "a"),
        ("rtsp://a/axis-media/media.amp", "rtsp://a/axis-media/media.amp", None),
        ("rtsp://a:8554/garden", "rtsp://a:8554/***", "a:8554"),
        ("rtsp://a/live/123456", "rtsp://a/live/***", "a/live"),
        ("udp://@239.1.1.1:5000", "udp://@239.1.1.1:5000", "239.1.1.1:5000"),
    ],
)
def test_what_is_shown(url: str, shown: str, name: str | None) -> None:
    assert redact(url) == shown
    assert name is None or name_of(url) == name


@settings(deadline=None)
@given(st.sampled_from(STREAM_PREFIXES), st.text(min_size=1), st.text(min_size=1))
def test_no_user_and_password_is_shown(scheme: str, user: str, password: str) -> None:
    plain = redact(f"{scheme}host/live")
    shown = redact(f"{scheme}{user}:{password}@host/live")
    assert shown in (f"{scheme}{HIDDEN}", plain.replace("://", f"://{HIDDEN}@"))


def test_paths_are_shown_as_they_are() -> None:
    for path in ("videos/monday.mp4", "C:/videos/a@b.mp4", "/dev/video0", "0", "what is this?.avi"):
        assert safe(path) == path
        assert without_addresses(f"Cannot find {path}.", ["score", path]) == f"Cannot find {path}."
    model = "onnx:/models/nanodet.onnx"
    assert without_addresses(f"No {model}.", [f"--detector={model}"]) == f"No {model}."
