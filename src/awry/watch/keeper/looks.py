"""Somebody looks at a camera: what its detector sees now, kept in memory alone."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awry.errors import AwryError
from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.messages import Answer, Hello, Request, Scored, SeenRegion, ShowAll
from awry.watch.requests import Look, values_of


class Looks:
    """What the detectors of cameras that somebody looks at see.

    Nothing of it reaches the store, an event or a threshold.

    Args:
        site: the site.
    """

    def __init__(self, site: KeptSite) -> None:
        self._site = site
        self._until: dict[str, float] = {}
        self._newest: dict[str, tuple[Scored, float | None]] = {}

    def see(self, scored: Scored, threshold: float | None) -> Scored:
        """Note a score of a camera that is looked at.

        Args:
            scored: as it came.
            threshold: that it is judged by; None: none is.

        Returns:
            the score as if nobody looked.
        """
        if self._is_looked_at(scored.camera) and not scored.shadow:
            self._newest[scored.camera] = replace(scored, picture=b""), threshold
        if not scored.looked:
            return scored
        return replace(scored, regions=(), picture=b"", heat=b"", reason="", looked=False)

    def answer(self, request: Request, sender: Hello) -> list[Effect]:
        """What a camera's detector sees, to whoever asks; and the scorer is to go on saying it.

        Args:
            request: a `requests.Look`.
            sender: who asks.
        """
        try:
            asked = values_of(request)
            assert isinstance(asked, Look)
        except AwryError as error:
            return [_answer(sender, Answer(request.uid, "{}", str(error)))]
        self._forget()
        self._until[asked.camera] = self._site.clock.monotonic() + asked.seconds
        newest = self._newest.get(asked.camera)
        values = _NOTHING if newest is None else _shown(*newest)
        return [
            Effect("scorer", EVERY, ShowAll(asked.camera, asked.seconds)),
            _answer(sender, Answer(request.uid, json.dumps(values))),
        ]

    def _is_looked_at(self, camera: str) -> bool:
        return self._site.clock.monotonic() < self._until.get(camera, -math.inf)

    def _forget(self) -> None:
        """Let go of what nobody looks at any longer."""
        for camera in [one for one in self._until if not self._is_looked_at(one)]:
            del self._until[camera]
            self._newest.pop(camera, None)


_NOTHING: Mapping[str, Any] = {
    "at": None,
    "score": None,
    "threshold": None,
    "light": "day",
    "parts": {},
    "regions": [],
    "reason": "",
    "heat": "",
}


def _shown(scored: Scored, threshold: float | None) -> Mapping[str, Any]:
    return {
        "at": scored.at,
        "score": _finite(scored.score),
        "threshold": _finite(threshold),
        "light": scored.light,
        "parts": _parts(scored.parts),
        "regions": [_region(one) for one in scored.regions],
        "reason": scored.reason,
        "heat": base64.b64encode(scored.heat).decode("ascii"),
    }


def _region(region: SeenRegion) -> Mapping[str, Any]:
    return {
        "box": region.box,
        "score": _finite(region.score),
        "parts": _parts(region.parts),
        "class_name": region.class_name,
    }


def _parts(parts: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in parts.items()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _answer(sender: Hello, answer: Answer) -> Effect:
    return Effect(sender.process, sender.name, answer)
