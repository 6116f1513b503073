"""Figures of a site in the format of Prometheus, made anew from the store each time.

Names follow Prometheus' conventions: base units, `_total` for what only grows. Labels are names of
cameras, processes, states and channels, of which a site has few.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from awry.version import __version__
from awry.watch.clock import Clock
from awry.watch.messages import CameraState, Flag
from awry.watch.store.calibrations import budgets
from awry.watch.store.layout import Layout
from awry.watch.store.results import Budget
from awry.watch.web.health import SiteHealth, health

_GAUGES = {
    "fps": ("awry_process_frames_per_second", "Pictures or scores a second."),
    "lag_s": ("awry_process_lag_seconds", "From the picture to what is made of it."),
    "rss_bytes": ("awry_process_resident_memory_bytes", "Memory of the process."),
    "busy": ("awry_process_busy_ratio", "Share of the time in which it works, 0 to 1."),
    "connected": ("awry_process_connected", "1 where the courier has its broker."),
    "waiting": ("awry_process_waiting_messages", "Messages that the keeper has not done yet."),
}
_COUNTERS = {
    "frames": ("awry_process_frames", "Pictures or scores since the process began."),
    "dropped": ("awry_process_dropped_frames", "Steps of the time grid that were left out."),
    "lost": ("awry_process_lost_messages", "Scores given up while the keeper was away."),
    "damaged": ("awry_process_damaged_frames", "Pictures with errors of the stream."),
    "sent": ("awry_process_sent_messages", "That receivers took."),
    "failed": ("awry_process_failed_messages", "Attempts that receivers did not take."),
    "cpu_s": ("awry_process_cpu_seconds", "Time of processors that was used."),
}


def exposition(session: Session, layout: Layout, timezone: str, clock: Clock) -> tuple[bytes, str]:
    """A site's figures, and their content type.

    Args:
        session: a unit of reading.
        layout: of the store.
        timezone: of the site, for the day of the budget.
        clock: the time.

    Raises:
        InputError: the store's folder is away.
    """
    today = datetime.fromtimestamp(clock.now(), ZoneInfo(timezone)).date().isoformat()
    registry = CollectorRegistry()
    registry.register(_Site(health(session, layout), budgets(session, since=today)))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Site(Collector):
    def __init__(self, found: SiteHealth, spent: tuple[Budget, ...]) -> None:
        self._found, self._spent = found, spent

    def collect(self) -> Iterator[Metric]:
        """All figures."""
        info = InfoMetricFamily("awry", "The version of awry.")
        info.add_metric([], {"version": __version__})
        yield info
        yield from self._cameras()
        yield from self._budgets()
        yield from self._store()
        yield from self._processes()

    def _cameras(self) -> Iterator[Metric]:
        state = GaugeMetricFamily(
            "awry_camera_state", "1 for the state that it is in.", labels=["camera", "state"]
        )
        flag = GaugeMetricFamily(
            "awry_camera_flag", "1 where its picture is so.", labels=["camera", "flag"]
        )
        armed = _gauge("awry_camera_armed", "1 where its events are told.", "camera")
        frame = _gauge("awry_camera_last_frame_timestamp_seconds", "Newest picture.", "camera")
        score = _gauge("awry_camera_last_score_timestamp_seconds", "Newest score.", "camera")
        for one in self._found.cameras:
            for name in get_args(CameraState):
                state.add_metric([one.name, name], float(one.state == name))
            for name in get_args(Flag):
                flag.add_metric([one.name, name], float(name in one.flags))
            armed.add_metric([one.name], float(one.armed))
            if one.last_frame is not None:
                frame.add_metric([one.name], one.last_frame)
            if one.last_score is not None:
                score.add_metric([one.name], one.last_score)
        yield from (state, flag, armed, frame, score)

    def _budgets(self) -> Iterator[Metric]:
        alarms = _gauge("awry_budget_alarms", "Alarms told today.", "camera")
        allowed = _gauge("awry_budget_allowed_alarms", "Alarms allowed today.", "camera")
        for one in self._spent:
            alarms.add_metric([one.camera], one.alarms)
            allowed.add_metric([one.camera], one.allowed)
        yield from (alarms, allowed)

    def _store(self) -> Iterator[Metric]:
        disk = self._found.disk
        yield GaugeMetricFamily("awry_store_free_bytes", "Free for the store.", disk.free)
        yield GaugeMetricFamily("awry_store_size_bytes", "Of the store's disk.", disk.total)
        yield GaugeMetricFamily("awry_store_media_bytes", "Clips, pictures, footage.", disk.media)
        rows = GaugeMetricFamily(
            "awry_outbox_messages", "What receivers are to be told.", labels=["channel", "state"]
        )
        for one in self._found.outbox:
            rows.add_metric([one.channel, "waiting"], one.waiting)
            rows.add_metric([one.channel, "dead"], one.dead)
        yield rows

    def _processes(self) -> Iterator[Metric]:
        labels = ["process", "name"]
        said = _gauge("awry_process_said_timestamp_seconds", "When it last said how it does.")
        for one in self._found.load:
            said.add_metric([one.process, one.name], one.at)
        yield said
        for figure, (name, text) in _GAUGES.items():
            gauge = _gauge(name, text)
            for one in self._found.load:
                if figure in one.figures:
                    gauge.add_metric([one.process, one.name], one.figures[figure])
            yield gauge
        for figure, (name, text) in _COUNTERS.items():
            counter = CounterMetricFamily(name, text, labels=labels)
            for one in self._found.load:
                if figure in one.figures:
                    counter.add_metric([one.process, one.name], one.figures[figure])
            yield counter


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=list(labels) or ["process", "name"])
