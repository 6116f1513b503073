"""One camera: packets to clips and footage, pictures to its mailbox, and what is told of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from awry.watch.clock import Clock
from awry.watch.ingest.adopt import adopt_all
from awry.watch.ingest.clip_file import Disk, RealDisk
from awry.watch.ingest.connection import Limits, Opener
from awry.watch.ingest.decode import PacketDecoder
from awry.watch.ingest.drawn import CameraOpener
from awry.watch.ingest.eye import Decoder, Eye, Seen
from awry.watch.ingest.health import Health
from awry.watch.ingest.line import Line, News
from awry.watch.ingest.live import Live
from awry.watch.ingest.packets import Codec, Piece
from awry.watch.ingest.recorder import Recorder
from awry.watch.ingest.states import Patience
from awry.watch.ingest.tamper import TamperRule
from awry.watch.ipc.frames import FrameSink
from awry.watch.messages import (
    EndClip,
    FlagChanged,
    Gather,
    Load,
    Message,
    Recording,
    StartClip,
    StateChanged,
    new_uid,
)
from awry.watch.site.portions import IngestSettings

# Packets that are dealt with in a step, so that messages are heard in between.
_AT_ONCE = 100
_LOAD_EVERY_S = 5.0


class Tell(Protocol):
    """The way to the keeper; see `ipc.links.Link.send`."""

    def __call__(self, message: Message, *, certain: bool = True) -> None:
        """Say something."""
        ...


def _nothing() -> Mapping[str, float]:
    return {}


class Ingest:
    """A camera's way from its address to pictures, clips and messages; drive it by `step`.

    Args:
        settings: of the camera.
        clock: the time.
        tell: the way to the keeper.
        sink: the mailbox for pictures.
        opener: connects; None: to every kind of camera, see `drawn.CameraOpener`.
        disk: how files come and go.
        decoder: makes a decoder for a codec.
        patience: how long is waited for what of a connection; None: as the settings say.
        tamper: when flags come on.
        usage: figures of the process for `Load`, e.g. `rss_bytes`.
        seed: of the back-off's jitter.

    Attributes:
        wake: set when something came; whoever waits may wait for it.
        live: the newest picture and packets of the stream that is scored.
    """

    def __init__(
        self,
        settings: IngestSettings,
        clock: Clock,
        tell: Tell,
        sink: FrameSink,
        *,
        opener: Opener | None = None,
        disk: Disk | None = None,
        decoder: Callable[[Codec], Decoder] = PacketDecoder,
        patience: Patience | None = None,
        tamper: TamperRule | None = None,
        usage: Callable[[], Mapping[str, float]] = _nothing,
        seed: int | None = None,
    ) -> None:
        self.wake = threading.Event()
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._sink = sink
        self._opener = opener or CameraOpener(clock)
        self._patience = patience
        self._usage = usage
        self._seed = seed
        name = settings.camera.name
        self.live = Live(settings.camera, clock.monotonic)
        self._eye = Eye(
            name,
            settings.grid,
            clock,
            sink,
            tell,
            decoder=decoder,
            tamper=tamper,
            show=self.live.see,
        )
        self._recorder = Recorder(settings, disk or RealDisk(), tell)
        self._health = Health(clock, sink)
        self._detect = self._line(settings.camera.detect.get_secret_value())
        self._record = self._record_line()
        self._pieces: deque[Piece] = deque()
        self._told: tuple[str, str] | None = None
        self._load_at = float("-inf")
        self._counted = (0, 0.0)
        for written in adopt_all(settings.store, name, clock.now()):
            tell(written)

    def _line(self, address: str) -> Line:
        camera = self._settings.camera
        limits = Limits(camera.connect_timeout_s, camera.read_timeout_s, camera.audio)
        return Line(
            address,
            limits,
            self._opener,
            self._clock,
            self.wake,
            patience=self._patience,
            seed=self._seed,
        )

    def _record_line(self) -> Line | None:
        """The stream that clips are cut from, where that is another."""
        camera = self._settings.camera
        if camera.record is None or camera.recording == "off":
            return None
        if camera.record.get_secret_value() == camera.detect.get_secret_value():
            return None
        return self._line(camera.record.get_secret_value())

    def configure(self, settings: IngestSettings) -> None:
        """Other settings: what they change begins anew, the rest goes on."""
        before, self._settings = self._settings, settings
        old, new = before.camera, settings.camera
        limits = [
            (one.connect_timeout_s, one.read_timeout_s, one.audio, one.detect) for one in (old, new)
        ]
        if limits[0] != limits[1]:
            self._lost("The camera's settings changed.")
            self._detect.close()
            self._detect = self._line(new.detect.get_secret_value())
        if limits[0] != limits[1] or (old.record, old.recording) != (new.record, new.recording):
            if self._record is not None:
                self._record.close()
            self._record = self._record_line()
            self._health.record_trouble = ""
        self._recorder.use(settings)
        self._eye.use(settings.grid)
        self.live.use(new)

    def hear(self, message: Message) -> None:
        """The keeper said something."""
        if isinstance(message, StartClip):
            self._recorder.clips.start(message, self._recorder.ring, self._clock.monotonic())
        elif isinstance(message, EndClip):
            self._recorder.clips.end(message)
        elif isinstance(message, Recording):
            self._recorder.set_recording(message)
        elif isinstance(message, Gather):
            self._recorder.gatherer.want(message, self._clock.monotonic())

    def step(self) -> bool:
        """Do what is due; whether more waits to be done at once."""
        self._take(self._detect.step())
        if self._record is not None:
            self._take_record(self._record, self._record.step())
        for _ in range(min(_AT_ONCE, len(self._pieces))):
            self._see(self._pieces.popleft())
        now = self._clock.monotonic()
        self._recorder.step(self._clock.now(), now)
        self._say_state()
        if now - self._load_at >= _LOAD_EVERY_S:
            self._say_load(now)
        return bool(self._pieces) or self._recorder.is_busy

    def close(self) -> None:
        """End everything in order: files stand whole."""
        while self._pieces:
            self._see(self._pieces.popleft())
        self._eye.end("The camera was closed.")
        self._recorder.close(self._clock.monotonic())
        for line in filter(None, [self._detect, self._record]):
            line.close()

    def _take(self, news: News) -> None:
        """What came of the stream that is scored."""
        self._pieces.extend(news.pieces)
        for become in news.states:
            self._health.become(become)
        if news.lost:
            # What came before belongs to the session that ends.
            while self._pieces:
                self._see(self._pieces.popleft())
            self._lost(next((one.reason for one in reversed(news.states) if one.reason), ""))
        elif news.jumps:
            self._eye.expect(news.jumps[-1])

    def _lost(self, why: str) -> None:
        self._pieces.clear()
        self._eye.end(why or "The connection was lost.")
        self.live.lost(why or "The connection was lost.")
        if self._record is None:
            self._recorder.lost()

    def _take_record(self, line: Line, news: News) -> None:
        """What came of the stream that is recorded alone."""
        for piece in news.pieces:
            self._keep(piece, line)
            if piece.is_key and not piece.audio:
                news.states += line.frame().states
        for become in news.states:
            running = become.state == "running"
            if running or become.reason:
                self._health.record_trouble = "" if running else become.reason
        if news.lost:
            self._recorder.lost()
        self._recorder.measure(self._detect.camera_shift_s, line.camera_shift_s)

    def _keep(self, piece: Piece, line: Line) -> None:
        self._recorder.clips.audio = line.audio
        self._recorder.add(piece, self._eye.light.mode, tampered=self._eye.tampered)

    def _see(self, piece: Piece) -> None:
        """A packet of the stream that is scored."""
        if self._record is None:
            self._keep(piece, self._detect)
        if piece.audio:
            return
        self.live.add(piece)
        seen = self._eye.add(piece)
        if seen.pictures:
            self._health.frame()
            if not seen.misfit:
                self._take(self._detect.frame())
        self._say_flags(seen)
        if seen.misfit:
            self._pieces.clear()
            self._take(self._detect.refuse(seen.misfit))

    def _say_flags(self, seen: Seen) -> None:
        camera = self._settings.camera.name
        for one in seen.flags:
            self._tell(FlagChanged(new_uid(), camera, one.flag, one.on, one.at, one.detail))

    def _say_state(self) -> None:
        state, reason = self._health.state(self._recorder.trouble)
        if (state, reason) != self._told:
            self._told = (state, reason)
            camera = self._settings.camera.name
            self._tell(StateChanged(new_uid(), camera, state, self._clock.now(), reason))

    def _say_load(self, now: float) -> None:
        eye, (pictures, since) = self._eye, self._counted
        passed = now - since
        figures = {
            "frames": float(eye.pictures),
            "steps": float(eye.steps),
            "damaged": float(eye.damaged),
            "late": float(eye.late),
            "dropped": float(self._sink.dropped),
            "fps": (eye.pictures - pictures) / passed if since and passed > 0 else 0.0,
            **self._health.ages(self._detect.packet_at),
            **self._recorder.figures(now),
            **self._usage(),
        }
        self._load_at, self._counted = now, (eye.pictures, now)
        camera = self._settings.camera.name
        self._tell(Load("ingest", camera, self._clock.now(), figures), certain=False)
