"""Several processes that train one model: what they say to each other.

Process 0 leads. It goes first through all that comes before a training, so that what is kept on
disk is written by it alone; the others go there when it has arrived, and find it. All draw a
step's random choices alike, and each calculates its share (`Step.mine`); PyTorch's
DistributedDataParallel averages the gradients. What comes after the last training is the leader's.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from awry.devices import Compute
from awry.errors import TrainingError
from awry.training.phase import Phase, Step
from awry.training.synchronised import Synchronised

PATIENCE = timedelta(minutes=10)
"""So long a process waits for the others within a step."""
LOOK_EVERY = 0.02
REPORT_SECONDS = 10.0
"""So long after a lost connection it may take until it is known which process ended."""

_Value = TypeVar("_Value")


class FitOver(BaseException):
    """The leader has finished its fit: the others have nothing more to do."""


class LostProcessError(TrainingError):
    """The processes that train together cannot reach each other any more."""


class Team:
    """One process alone; what several do, `Processes` does.

    Attributes:
        rank: the number of this process, from 0.
        size: how many there are.
        trainings: which were begun so far.
    """

    rank: int = 0
    size: int = 1

    def __init__(self) -> None:
        self.trainings = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes checkpoints, validates and reports."""
        return self.rank == 0

    @contextmanager
    def training(self) -> Iterator[None]:
        """A training of all processes together; gives on in each when all are there."""
        yield

    def alike(self, model: nn.Module) -> None:
        """Give a model the leader's weights and statistics."""

    def told(self, find: Callable[[], _Value]) -> _Value:
        """What the leader finds, in every process; something that JSON can hold."""
        return find()

    def agreed(self, flag: bool) -> bool:
        """Whether any process says so."""
        return flag

    def summed(self, values: Mapping[str, float], weight: float) -> dict[str, float]:
        """Losses of shares, each times its weight, summed over the processes."""
        return {name: value * weight for name, value in values.items()}

    def shared(self, phase: Phase, model: nn.Module) -> Callable[[Step], dict[str, Tensor]]:
        """The phase's loss, whose `total` leaves averaged gradients in every process."""
        return phase.loss


ALONE = Team()

_current: ContextVar[Team] = ContextVar("team", default=ALONE)


def current() -> Team:
    """The processes that train together here, as `together` says."""
    return _current.get()


@contextmanager
def together(team: Team) -> Iterator[None]:
    """Fits that begin inside are trained by these processes together."""
    token = _current.set(team)
    try:
        yield
    finally:
        _current.reset(token)


class Processes(Team):
    """One of several processes that train together.

    Args:
        rank, size: which of how many.
        store: where they leave word for each other.
        compute: what this one calculates on.
        threads: that it calculates with while they train; 0: as many as ever.

    Attributes:
        failure: what became of another process, once that is known.
        failed: set when it is.
    """

    def __init__(
        self, rank: int, size: int, store: dist.Store, compute: Compute, threads: int = 0
    ) -> None:
        super().__init__()
        self.rank, self.size, self._compute = rank, size, compute
        self.threads = threads
        self._store, self._words = store, 0
        self.failure = ""
        self.failed = threading.Event()

    def wait_for_leader(self) -> None:
        """Until the leader begins its next training.

        Raises:
            FitOver: it has none any more.
        """
        if self._wait(f"next/{self.trainings}") == b"over":
            raise FitOver

    def over(self) -> None:
        """There is no training any more; the leader says so when its fit has ended."""
        self._store.set(f"next/{self.trainings}", "over")

    def close(self) -> None:
        """Part from the others."""
        if dist.is_initialized():
            with suppress(RuntimeError):  # a connection that is lost already
                dist.destroy_process_group()

    def fail(self, sentence: str) -> None:
        """One of the processes cannot go on: whoever waits for it need not."""
        self.failure = sentence
        self.failed.set()
        if dist.is_initialized() and dist.get_backend() == "nccl":
            with suppress(RuntimeError):  # NCCL would wait for it
                dist.distributed_c10d._abort_process_group()

    def leave_last(self, name: str, word: Any, seconds: float) -> None:
        """As `leave`, and wait until all have read it, but no longer than that."""
        with suppress(RuntimeError):  # nobody is there any more
            self.leave(name, word)
            if seconds:
                self._store.wait([f"read/{name}"], timedelta(seconds=seconds))

    def leave(self, name: str, word: Any) -> None:
        """Leave word for the others, under a name."""
        self._store.set(f"word/{name}", json.dumps(word))

    def read(self, name: str) -> Any:
        """What one of them left; waits for it."""
        found = json.loads(self._wait(f"word/{name}"))
        if self._store.add(f"readers/{name}", 1) == self.size - 1:
            self._store.set(f"read/{name}", "")
        return found

    @contextmanager
    def training(self) -> Iterator[None]:
        """As `Team.training`.

        Raises:
            TrainingError: another process ended, or does not answer.
            FitOver: in the others, when the leader has finished its fit.
        """
        number = self.trainings
        if self.leads:
            self._store.set(f"next/{number}", "training")
        if self._store.add(f"here/{number}", 1) == self.size:
            self._store.set(f"all/{number}", "")
        self._wait(f"all/{number}")
        try:
            if not dist.is_initialized():
                self._meet()
            with _threads(self.threads), warnings.catch_warnings():
                # Of networks whose channels come last; a matter of speed alone.
                warnings.filterwarnings("ignore", message="Grad strides do not match")
                yield
        except (RuntimeError, ValueError) as error:  # the latter where the group is gone
            self._lost(error)
        self.trainings += 1
        if not self.leads:
            self.wait_for_leader()

    def _meet(self) -> None:
        kind = "nccl" if self._compute.kind == "cuda" else "gloo"
        group = dist.PrefixStore("group", self._store)
        dist.init_process_group(
            kind, store=group, rank=self.rank, world_size=self.size, timeout=PATIENCE
        )

    def _lost(self, error: Exception) -> NoReturn:
        """Say what became of the others, where it was talking to them that failed.

        Raises:
            LostProcessError: it was; the error itself: it was not.
        """
        talking = isinstance(error, dist.DistError) or "gloo" in str(error)
        if not talking and not self.failed.is_set():
            raise error
        if self.failed.wait(REPORT_SECONDS if self.leads else 0):
            raise LostProcessError(self.failure) from error
        said = str(error).strip().splitlines()[0][:200]
        raise LostProcessError(
            f"The processes of this fit lost each other ({said}): --resume goes on from the last "
            "checkpoint."
        ) from error

    def _wait(self, name: str) -> bytes:
        """What is left under a name; looks now and then whether all processes are there."""
        try:
            while not self._store.check([name]):
                if self.failed.wait(LOOK_EVERY):
                    raise LostProcessError(self.failure)
            found: bytes = self._store.get(name)
        except RuntimeError as error:
            self._lost(error)
        return found

    def alike(self, model: nn.Module) -> None:
        """As `Team.alike`."""
        for value in model.state_dict().values():
            if value.is_contiguous():
                dist.broadcast(value, 0)
            else:  # channels last
                whole = value.contiguous()
                dist.broadcast(whole, 0)
                value.copy_(whole)

    def told(self, find: Callable[[], _Value]) -> _Value:
        """As `Team.told`; waits for the leader as long as that takes."""
        self._words += 1
        name = f"told/{self._words}"
        if self.leads:
            found = find()
            self.leave(name, found)
            return found
        told: _Value = self.read(name)
        return told

    def agreed(self, flag: bool) -> bool:
        """As `Team.agreed`."""
        return any(self._sums([float(flag)]))

    def summed(self, values: Mapping[str, float], weight: float) -> dict[str, float]:
        """As `Team.summed`."""
        every = self._sums([value * weight for value in values.values()])
        return dict(zip(values, every, strict=True))

    def _sums(self, mine: list[float]) -> list[float]:
        """Of each number, the sum over all processes."""
        every = torch.tensor(mine, dtype=torch.float64, device=self._compute.device)
        dist.all_reduce(every)
        found: list[float] = every.tolist()
        if self.failed.is_set():  # NCCL, once aborted, may leave any numbers there
            raise LostProcessError(self.failure)
        return found

    def shared(self, phase: Phase, model: nn.Module) -> Callable[[Step], dict[str, Tensor]]:
        """As `Team.shared`."""
        learned = [one for one in phase.parameters if one.requires_grad]
        if not learned:
            return phase.loss
        return DistributedDataParallel(_Loss(phase, model, learned), find_unused_parameters=True)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if number:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Loss(nn.Module):
    """A phase's loss as a module, as DistributedDataParallel wants it, whatever it calls inside.

    It has no buffers: statistics are synchronised where they are calculated.
    """

    def __init__(self, phase: Phase, model: nn.Module, learned: list[nn.Parameter]) -> None:
        super().__init__()
        self.learned = nn.ParameterList(learned)
        self._phase, self._synchronised = phase, Synchronised(model)

    def forward(self, step: Step) -> dict[str, Tensor]:
        with self._synchronised.inside(lambda: step.is_part):
            losses = self._phase.loss(step)
        # A part that `total` leaves out would be waited for in the backward pass.
        return {
            name: value if name == "total" else value.detach() for name, value in losses.items()
        }
