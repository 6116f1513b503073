"""One run under review: its ranking, a person's marks, and learning from them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.devices import PROCESSOR, Compute, using
from awry.errors import AwryError, ConfigError
from awry.progress import Reporter, Silent
from awry.sifting.feedback import learn_from, with_learners
from awry.sifting.ranking_output import heat_of, write_events, write_page
from awry.sifting.review.lock import hold, written
from awry.sifting.review.log import FEEDBACK, FeedbackLog, FeedbackMark, ImportedMarks, Key, Label
from awry.sifting.review.moments import (
    RankChanges,
    ReviewMoment,
    moments_below,
    moments_of,
    rank_changes,
    unsettled,
)
from awry.sifting.review.positions import place_of, placed_marks, places_of, refusal
from awry.sifting.run import RankedEvent, SiftedRun, top_threshold
from awry.sifting.run_folder import load_run, publish, save_run
from awry.sifting.sources import reopen
from awry.sifting.trained import TrainedRun

PATIENCE = 60.0  # seconds that a heat map waits for the learners


class ReviewSession:
    """A run that a person goes through.

    Only one session may change a run; another on the same run, in this process or any other, is
    read-only. Methods may be called from several threads.

    Args:
        folder: of the run.
        compute: where its learners run.

    Attributes:
        read_only: whether another session holds the run.
        changes: what the last retraining of this session changed; None before.
        learning: whether a retraining is under way; nothing can be marked meanwhile.
        version: grows with every change, so that a page knows when to draw anew.
        notes: what went wrong on the way, one sentence each.

    Raises:
        BundleError, InputError: the folder is no run, or the run or its feedback is damaged.
        WriteError: the folder cannot be written.
    """

    def __init__(self, folder: Path, compute: Compute = PROCESSOR) -> None:
        self.folder = folder
        self._compute = compute
        self._written = written(folder)
        self.run = load_run(folder)
        self._lock = hold(folder)
        self.read_only = self._lock is None
        self._log = FeedbackLog(folder / FEEDBACK)
        self.changes: RankChanges | None = None
        self.learning = False
        self.version = 0
        self._before: Sequence[RankedEvent] | None = None
        self._trained: TrainedRun | None = None
        self._clips: dict[str, Clip] | None = None
        self._changing = threading.RLock()
        self._model_in_use = threading.Lock()
        if not self.read_only:
            self._finish_what_was_begun()
        refused = (refusal(self.run, *key) for key in self._log.marks)
        self.notes = [*self._log.notes, *(sentence for sentence in refused if sentence)]
        self._moments = self._current_moments()

    def _finish_what_was_begun(self) -> None:
        """After a process that died: what it learned counts from the moment `run.json` says so."""
        publish(self.run)
        learned = self.run.facts.get("interactions", 0)
        if learned > self._log.interactions:
            self._log.learned(learned)

    def close(self) -> None:
        """Let another session change the run."""
        if self._lock is not None:
            self._lock.release()

    @property
    def moments(self) -> list[ReviewMoment]:
        """What is shown: events, the strangest first, then what a person has settled."""
        return self._moments

    def moments_below(self, share: float) -> list[ReviewMoment]:
        """The moments that follow when a larger share of the frames is looked at."""
        ranked = sum(moment.rank is not None for moment in self._moments)
        return moments_below(self.run, self._log.marks, self._before, share, ranked)

    @property
    def threshold(self) -> float:
        """The score that the top-ranked frames lie above."""
        return top_threshold(self.run.scores, self.share)

    @property
    def share(self) -> float:
        """The share of all frames, from the top of the ranking, that moments are made of."""
        return self.run.config.abnormal_share

    @property
    def interactions(self) -> int:
        """How often was learned from feedback."""
        return self._log.interactions

    @property
    def counts(self) -> tuple[int, int]:
        """Moments of the run that are marked abnormal, and normal."""
        labels = [mark.label for mark in placed_marks(self.run.clips, self._log.marks.values())]
        return labels.count("abnormal"), labels.count("normal")

    @property
    def to_learn(self) -> int:
        """How many marks the next retraining learns from."""
        return len(list(placed_marks(self.run.clips, self._marks_to_learn.values())))

    @property
    def clips(self) -> dict[str, Clip]:
        """What the run was made of, by name; empty where it is not there any more."""
        if self._clips is None:
            try:
                self._clips = {clip.name: clip for clip in reopen(self.run).clips}
            except AwryError as error:
                self._clips = {}
                self.notes.append(f"No picture can be shown. {error}")
        return self._clips

    def mark(self, moment: ReviewMoment, label: Label) -> str | None:
        """Say that a moment is abnormal or normal: all frames of its event.

        Returns:
            A sentence where it contradicts what was said before, else None.

        Raises:
            ConfigError: the session is read-only.
            WriteError: the mark cannot be written.
        """
        with self._changing:
            self.check_may_write()
            ranked = self.run.clips[moment.clip]
            places = (moment.place, moment.first, moment.last)
            frame, first, last = (int(ranked.indices[place]) for place in places)
            contradiction = self._log.mark(ranked.name, frame, label, (first, last))
            self._changed()
        return contradiction

    def undo(self) -> tuple[int, int] | None:
        """Take the newest mark back.

        Returns:
            Its clip's number and its place in there; None where there is nothing to take back.
        """
        with self._changing:
            self.check_may_write()
            gone = self._log.undo()
            self._changed()
        for number, clip in enumerate(self.run.clips):
            place = place_of(clip, gone.frame) if gone and clip.name == gone.source else None
            if place is not None:
                return number, place
        return None

    def export(self, path: Path) -> int:
        """Write the marks that count; returns how many."""
        return self._log.export(path)

    def exported(self) -> str:
        """What `export` writes, as text."""
        return self._log.exported()

    def take_in(self, path: Path) -> ImportedMarks:
        """Add the marks of a file; those of frames that are not in the run are left out.

        Raises:
            InputError: the file cannot be read; and as `mark`.
        """
        with self._changing:
            self.check_may_write()
            taken = self._log.take_in(path, lambda *frame: refusal(self.run, *frame))
            self._changed()
        return taken

    def retrain(self, reporter: Reporter) -> RankChanges:
        """Learn from the marks, rank anew, and write the run; takes a while.

        Raises:
            ConfigError: read-only, or nothing is marked.
            AwryError: as `awry.sifting.feedback`; the run is as it was before then.
        """
        with self._changing:  # no mark may come in between: it would count as learned
            self.check_may_write()
            marks = places_of(self.run, self._marks_to_learn)
            if not marks:
                raise ConfigError("There is nothing to learn from: mark a moment first.")
            count, number = self.to_learn, self._log.interactions + 1
            before = self._open_events(self._log.learned_from)
            self.learning = True
        try:
            run = self._learned(marks, number, reporter)
            with self._changing:
                self._log.learned(number)
                self.run, self._before = run, before
                self.changes = rank_changes(
                    before, self._open_events(self._log.learned_from), count
                )
                self._changed()
        finally:
            self.learning = False
        return self.changes

    def heat(self, clip: int, place: int) -> NDArray[np.float32] | None:
        """A frame's heat map (h, w); None while the learners are busy learning.

        Raises:
            AwryError: the learners or the archive cannot be read.
        """
        if not self._model_in_use.acquire(timeout=PATIENCE):
            return None
        try:
            return heat_of(self._ready(Silent()), clip, place)
        finally:
            self._model_in_use.release()

    def reread(self) -> None:
        """Where another session changes the run: read what it has written since."""
        if not self.read_only:
            return
        with self._changing:
            self._log = FeedbackLog(self.folder / FEEDBACK)
            now = written(self.folder)
            if now != self._written:
                self.run, self._written = load_run(self.folder), now
                self._trained = None
            self._changed()

    def check_may_write(self) -> None:
        """See that marks can be made and learned from now.

        Raises:
            ConfigError: the session is read-only, or learning is under way.
        """
        if self.read_only:
            raise ConfigError(
                f"Another session reviews {self.folder}; this one is read-only. End the other "
                "one, then start this one again."
            )
        if self.learning:
            raise ConfigError("Learning is under way; wait until it is done.")

    def _learned(self, marks: Mapping[int, bool], number: int, reporter: Reporter) -> SiftedRun:
        with self._model_in_use:
            trained = self._ready(reporter)
            # The learners change in place: should anything fail, they are read again.
            self._trained = None
            trained, _ = learn_from(trained, marks, number, reporter)
            run = replace(trained.run, facts={**trained.run.facts, "interactions": number})
            trained = replace(trained, run=run)
            reporter.message("writing the run")
            events = self._open_events(self._log.marks, run)

            def write_also(run: SiftedRun, folder: Path) -> None:
                write_events(run, events, folder)
                write_page(replace(trained, run=run), events, self.clips, folder)

            run = save_run(run, trained.method, write_also)
            self._trained = replace(trained, run=run)
        return run

    def _open_events(
        self, learned: Collection[Key], run: SiftedRun | None = None
    ) -> list[RankedEvent]:
        """The events that a person has not called normal, where these marks were learned."""
        run = run or self.run
        marks = (mark for key, mark in self._log.marks.items() if key in learned)
        return unsettled(run.events, list(placed_marks(run.clips, marks)))

    def _ready(self, reporter: Reporter) -> TrainedRun:
        """The run with its learners, which are read when they are first needed."""
        if self._trained is None:
            clips = list(self.clips.values())
            with using(self._compute):  # threads of the page know nothing of it
                self._trained = with_learners(self.run, clips, reporter)
        return self._trained

    @property
    def _marks_to_learn(self) -> dict[Key, FeedbackMark]:
        """All marks, or fresh ones alone."""
        return self._log.marks if self.run.config.feedback_kept else self._log.fresh

    def _changed(self) -> None:
        self._moments = self._current_moments()
        self.version += 1

    def _current_moments(self) -> list[ReviewMoment]:
        learned = self._log.learned_from
        return moments_of(self.run, self._log.marks, self._before, learned)
