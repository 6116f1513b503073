"""Presentation stamps of a stream become the times of its frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

from awry.video.source import SourceHealth

# Problems of one kind that are described one by one; the rest is only counted.
LISTED = 5
# A step of more than this many seconds, and of more than this many usual steps, is a jump.
JUMP_S = 10.0
JUMP_STEPS = 10
# A jump by more than this is a clock that starts anew (a transport stream's wraps after 26.5 hours,
# and FFmpeg takes a restart for a wrap); a shorter one is a gap in the recording.
LONGEST_GAP_S = 12 * 3600.0
# Times that lie nearer than this are the same one, but for rounding.
LEAST_STEP_S = 1e-6
# The usual step is the median of the last so many.
_STEPS = 25


class Timeline:
    """Presentation stamps become seconds that start at 0 with the first place and only grow.

    - A missing stamp is replaced by the time before plus one usual step.
    - One stamp that goes back, or that runs ahead of those that follow, is replaced likewise.
    - A clock that goes back and stays there has started anew: times go on by one usual step.
    - A jump forward that stays is a gap in the recording, and times keep it; above
      `LONGEST_GAP_S` it is a clock that has started anew.

    All but missing stamps are noted. Whether a jump stays is told by the stamps that follow. Where
    these are not known yet, as live, the frame of the jump gets the usual step, and the next one
    decides.

    Args:
        step: nominal seconds between frames, or None where no rate is known; the median of the
            stamps' own steps takes its place as soon as there is one.
        health: where notes go.
    """

    def __init__(self, step: float | None, health: SourceHealth) -> None:
        self._nominal = step
        self._health = health
        self._steps: deque[float] = deque(maxlen=_STEPS)
        self._zero: float | None = None
        self._last: float | None = None
        # Whether the last time was a stamp's own.
        self._stamped = False
        # A stamp that jumped while nothing was known of those that follow.
        self._doubtful: float | None = None
        self._noted = 0

    def next(
        self, stamp: float | None, ahead: Sequence[float] = (), places: int = 1
    ) -> float | None:
        """Seconds since the first frame, or None where neither stamp nor rate are known.

        Args:
            stamp: seconds on the stream's clock.
            ahead: the stamps of the next frames, as far as they are known already.
            places: how many places this frame stands behind the one before.
        """
        guess = self._guess(places)
        time = None if stamp is None else self._judge(stamp, ahead, guess)
        if time is not None and self._stamped and self._last is not None:
            self._steps.append((time - self._last) / places)
        self._stamped = time is not None
        time = guess if time is None else time
        self._last = time if time is not None else self._last
        return time

    def close(self) -> None:
        """Note how much was noted, where that was not said one by one."""
        if self._noted > LISTED:
            self._health.notes.append(f"Irregular time stamps in all: {self._noted}.")

    def _judge(self, stamp: float, ahead: Sequence[float], guess: float | None) -> float | None:
        """The time that a stamp means, or None where it means nothing."""
        doubtful, self._doubtful = self._doubtful, None
        if self._zero is None:
            if ahead and median(ahead) < stamp:
                self._note("runs ahead of the next one; it was replaced by the usual step")
                return None
            self._zero = stamp - (guess or 0.0)
        time = stamp - self._zero
        if self._last is None:
            return time
        if any(time > later - self._zero > self._last for later in ahead):
            self._note("runs ahead of the next one; it was replaced by the usual step")
            return None
        if self._last + LEAST_STEP_S <= time <= self._last + self._patience():
            return time
        return self._judge_jump(stamp, ahead, guess, doubtful)

    def _judge_jump(
        self, stamp: float, ahead: Sequence[float], guess: float | None, doubtful: float | None
    ) -> float | None:
        """The time of a stamp that goes back or far ahead."""
        assert self._zero is not None
        assert self._last is not None
        time = stamp - self._zero
        back = time < self._last + LEAST_STEP_S
        if back and any(later - self._zero >= self._last + LEAST_STEP_S for later in ahead):
            stays = False
        elif ahead:
            stays = True
        else:
            stays = doubtful is not None and 0 < stamp - doubtful <= self._patience()
        if not stays:
            if doubtful is None:
                ends = "goes back" if back else f"runs ahead by {time - self._last:.1f} s"
                self._note(f"{ends}; it was replaced by the usual step")
            self._doubtful = stamp
            return None
        if not back and time - self._last <= LONGEST_GAP_S:
            self._note(f"is {time - self._last:.1f} s later and those after it too: a gap")
            return time
        direction = "goes back" if back else f"runs ahead by {time - self._last:.0f} s"
        self._note(f"{direction} and those after it too: the clock starts anew")
        if guess is None:
            return None
        self._zero = stamp - guess
        self._stamped = False  # its step is no measurement
        return guess

    def _patience(self) -> float:
        """Seconds that the next stamp may be later without being a jump."""
        return max(JUMP_S, JUMP_STEPS * (self._step() or 0.0))

    def _step(self) -> float | None:
        return median(self._steps) if self._steps else self._nominal

    def _guess(self, places: int) -> float | None:
        step = self._step()
        if step is None:
            return None
        return step * (places - 1) if self._last is None else self._last + step * places

    def _note(self, what: str) -> None:
        self._noted += 1
        if self._noted <= LISTED:
            where = "at the start" if self._last is None else f"after {self._last:.3f} s"
            self._health.notes.append(f"A time stamp {where} {what}.")
