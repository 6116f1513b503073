"""Detectors of a scorer process: each is loaded once, whoever uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from awry.detector import Detector
from awry.errors import AwryError
from awry.foreign import reason_of
from awry.memory import is_shortage, shortage
from awry.watch.clock import Clock

SLOW_RETRY_S = 60.0
"""What a person must put right, e.g. a damaged bundle, is tried again after so long."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A detector that cannot be loaded now, in a sentence."""

    sentence: str


class DetectorCache:
    """Loads detectors, and keeps those that are used.

    Args:
        open_detector: loads a bundle by its folder.
        clock: for when to try again.
        executor: where detectors are loaded while others score; None: at once.
    """

    def __init__(
        self,
        open_detector: Callable[[Path], Detector],
        clock: Clock,
        executor: Executor | None = None,
    ) -> None:
        self._open = open_detector
        self._clock = clock
        self._executor = executor
        self._loading: dict[Path, Future[Detector]] = {}
        self._found: dict[Path, Detector | Trouble] = {}
        self._retry_at: dict[Path, float] = {}

    def keep(self, wanted: Iterable[Path]) -> None:
        """Forget all detectors but these."""
        paths = set(wanted)
        self._loading = {path: one for path, one in self._loading.items() if path in paths}
        self._found = {path: one for path, one in self._found.items() if path in paths}

    def get(self, path: Path) -> Detector | Trouble | None:
        """A bundle's detector, or why there is none; None while it is being loaded."""
        found = self._found.get(path)
        if isinstance(found, Detector):
            return found
        if found is None or self._clock.monotonic() >= self._retry_at[path]:
            self._load(path)
        return self._found.get(path)

    def _load(self, path: Path) -> None:
        if self._executor is None:
            self._settle(path, lambda: self._open(path))
        elif path not in self._loading:
            self._loading[path] = self._executor.submit(self._open, path)
        elif self._loading[path].done():
            self._settle(path, self._loading.pop(path).result)

    def _settle(self, path: Path, result: Callable[[], Detector]) -> None:
        try:
            self._found[path] = result()
        except Exception as error:  # whatever a damaged bundle or a foreign method raises
            self._found[path] = Trouble(sentence_of(error, f"The bundle {path} cannot be loaded"))
            self._retry_at[path] = self._clock.monotonic() + SLOW_RETRY_S


def sentence_of(error: BaseException, what: str) -> str:
    """An error as a sentence: awry's own as they are, others behind what could not be done."""
    if is_shortage(error):
        return f"{what}: {shortage(error)}"
    return str(error) if isinstance(error, AwryError) else f"{what}: {reason_of(error)}."
