"""What stands retained on the broker: published when it changes, and whole after a reconnect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awry.watch.courier.facts import CameraNow
from awry.watch.courier.home_assistant import discovery
from awry.watch.courier.payloads import as_text, state_json
from awry.watch.courier.topics import Topics

SCORE_EVERY_S = 5.0
"""A camera's score is published at most so often."""

_LEAVES = ("state", "score", "picture")


@dataclass(frozen=True, slots=True)
class Publication:
    """A retained message.

    Attributes:
        payload: empty: what is retained there is taken away.
        mark: the same for the same content.
    """

    topic: str
    payload: bytes
    mark: str


class Board:
    """Compares what stands on the broker with how the cameras are.

    Args:
        topics: of the site.
        site: its name.
        read: gives the bytes of a picture by its path in the store; None where it is gone.
    """

    def __init__(self, topics: Topics, site: str, read: Callable[[str], bytes | None]) -> None:
        self._topics, self._site, self._read = topics, site, read
        self._there: dict[str, str] = {}
        self._scored: dict[str, float] = {}

    def forget(self) -> None:
        """Nothing is known of the broker: everything is published again."""
        self._there.clear()
        self._scored.clear()

    def published(self, publication: Publication) -> None:
        """It stands on the broker."""
        self._there[publication.topic] = publication.mark

    def changes(self, cameras: Sequence[CameraNow], monotonic: float) -> list[Publication]:
        """What has to be published, discovery first.

        Args:
            cameras: all that the store knows; what removed ones left behind is taken away.
            monotonic: of the clock that only grows.
        """
        found: list[Publication] = []
        for now in cameras:
            if now.camera.removed is None:
                found += self._camera(now, monotonic)
            else:
                found += [Publication(topic, b"", "") for topic in self._of(now.camera.name)]
        return [one for one in found if self._there.get(one.topic) != one.mark]

    def _camera(self, now: CameraNow, monotonic: float) -> list[Publication]:
        name = now.camera.name
        found = []
        if self._topics.discovery:
            text = as_text(discovery(self._topics, self._site, name))
            found.append(_text(self._topics.device(name), text))
        found.append(_text(self._topics.camera(name, "state"), as_text(state_json(now))))
        if now.camera.last_score is not None and self._is_score_due(name, monotonic):
            self._scored[name] = monotonic
            score = f"{now.camera.last_score:.4g}"
            found.append(_text(self._topics.camera(name, "score"), score))
        return found + self._picture(now)

    def _is_score_due(self, name: str, monotonic: float) -> bool:
        return monotonic - self._scored.get(name, -SCORE_EVERY_S) >= SCORE_EVERY_S

    def _picture(self, now: CameraNow) -> list[Publication]:
        path = (now.last.annotated or now.last.picture) if now.last else ""
        topic = self._topics.camera(now.camera.name, "picture")
        if not path or self._there.get(topic) == path:
            return []
        data = self._read(path)
        return [Publication(topic, data, path)] if data else []

    def _of(self, name: str) -> list[str]:
        device = [self._topics.device(name)] if self._topics.discovery else []
        return device + [self._topics.camera(name, leaf) for leaf in _LEAVES]


def _text(topic: str, text: str) -> Publication:
    return Publication(topic, text.encode(), text)
