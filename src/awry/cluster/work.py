"""What workers are told to do, what they answer, and how both travel between processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pickle import PicklingError
from typing import Any, Generic, Protocol, TypeVar

from awry import errors
from awry.errors import AwryError, ConfigError

Task = TypeVar("Task")
Answer = TypeVar("Answer")

UNSENDABLE = (AttributeError, PicklingError, TypeError, RecursionError)
"""What the standard library raises of something that cannot be pickled."""


@dataclass(frozen=True)
class Prepared(Generic[Task, Answer]):
    """Work that needs something made ready, such as a detector: each worker makes it once.

    Attributes:
        make: gives what each task is called with: a class, or a function of a module.
    """

    make: Callable[[], Callable[[Task], Answer]]


Work = Callable[[Task], Answer] | Prepared[Task, Answer]


@dataclass(frozen=True, slots=True)
class Failed:
    """An error on its way between processes, where not every class of errors survives.

    Attributes:
        sentence: what it said.
        kind: the name of its class in `awry.errors`.
    """

    sentence: str
    kind: str = "AwryError"

    def error(self) -> AwryError:
        """As it was raised."""
        kind = getattr(errors, self.kind, AwryError)
        known = isinstance(kind, type) and issubclass(kind, AwryError)
        return (kind if known else AwryError)(self.sentence)


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker ended before it answered: another worker may do it.

    Attributes:
        sentence: how the worker ended.
    """

    sentence: str


class Workers(Protocol):
    """Where the tasks of one `Pool.run` are done. A ticket is a task's number."""

    def free(self, owed: int) -> int:
        """How many tasks can be started now; `owed` says for how many more there is use."""

    def start(self, ticket: int, task: Any) -> None:
        """Begin a task.

        Raises:
            ConfigError: it cannot be sent to another process.
        """

    def ended(self, within: float) -> list[tuple[int, Any]]:
        """The tickets that ended, with an answer, a `Failed` or a `Lost`.

        Args:
            within: seconds to wait for the first of them.

        Raises:
            AwryError: there is no worker, and none can be had.
        """

    def close(self) -> None:
        """End what runs, and wait for its end."""


def answer_of(call: Callable[[], Answer]) -> Answer | Failed:
    """What a call returns, or the error by which it fails; a wish to stop goes through."""
    try:
        return call()
    except AwryError as error:
        kind = next(c.__name__ for c in type(error).__mro__ if c.__module__ == errors.__name__)
        return Failed(str(error), kind)
    except Exception as error:  # of a method of others, say; a worker has nobody to tell
        return Failed(f"{type(error).__name__}: {error}")


def made(work: Work[Task, Answer]) -> Callable[[Task], Answer]:
    """What a worker calls with each task."""
    return work.make() if isinstance(work, Prepared) else work


def unsendable(error: BaseException) -> ConfigError:
    """The sentence for something that no other process can be given."""
    return ConfigError(
        f"This work cannot be sent to another process ({error}): read its data from files, or "
        "do one thing at a time."
    )


def share_threads(share: int) -> None:
    """Let the libraries of this process use so many threads; best called before they are loaded."""
    os.environ["OMP_NUM_THREADS"] = str(share)
    import cv2
    import torch

    torch.set_num_threads(share)
    cv2.setNumThreads(share)
