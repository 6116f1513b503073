"""Steps in 16 bits, and in shares where the memory does not suffice."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import OutOfMemoryError, TrainingError
from awry.progress import NO_FIGURES, Silent
from awry.training.checkpoint import Progress, load
from awry.training.loop import CHECKPOINT, FitContext, Interrupted, Phase, Step, train
from awry.training.optimisation import Optimisation
from awry.training.processes import Team

BATCH = 12


class Told(Silent):
    """Keeps sentences; presses Ctrl-C after so many steps."""

    def __init__(self, steps: int = 0) -> None:
        self.left, self.sentences = steps, []

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)

    def message(self, sentence: str) -> None:
        self.sentences.append(sentence)


class Toy:
    """A network, and a fit of it.

    Args:
        normalised: by batch.
        room: items of a batch that memory suffices for; None: for any.
        shared: the loss takes its share of the batch.
        factor: of the loss.
    """

    def __init__(
        self,
        *,
        normalised: bool = False,
        room: int | None = None,
        shared: bool = True,
        factor: float = 1.0,
    ) -> None:
        torch.manual_seed(0)
        norm = nn.BatchNorm1d(8) if normalised else nn.Tanh()
        self.net = nn.Sequential(nn.Linear(3, 8), norm, nn.ReLU(), nn.Linear(8, 1))
        self.room, self.shared, self.factor = room, shared, factor
        self.dtypes: set[torch.dtype] = set()

    def loss(self, step: Step) -> dict[str, Tensor]:
        x = torch.from_numpy(step.generator.normal(size=(BATCH, 3))).float()
        if self.shared:
            x = x[torch.as_tensor(step.mine(range(BATCH)))]
        if self.room is not None and len(x) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0")
        guess = self.net(x)[:, 0]
        self.dtypes.add(guess.dtype)
        error = (guess.float() - x.sum(1)).square().mean()
        return {"total": error * self.factor, "error": error}

    def fit(
        self, folder: Path, precision: str = "32", *, resume: bool = False, told: Told | None = None
    ) -> float:
        """Gives the last epoch's loss."""
        phase = Phase(
            "only",
            list(self.net.parameters()),
            4,
            10,
            self.loss,
            lambda parameters: torch.optim.Adam(parameters, 0.03),
        )
        compute = Compute("cpu", precision)
        context = FitContext(folder, 1, resume, told or Silent(), compute=compute)
        train(self.net, [phase], context)
        last: float = context.history[-1]["error"]
        return last


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("16", torch.float16)])
@pytest.mark.parametrize("normalised", [True, False])
def test_in_16_bits_it_learns_as_well(
    tmp_path: Path, precision: str, dtype: torch.dtype, normalised: bool
) -> None:
    full, half = Toy(normalised=normalised), Toy(normalised=normalised)
    expected = full.fit(tmp_path / "32")
    assert half.fit(tmp_path / "16", precision) == pytest.approx(expected, rel=0.1, abs=0.02)
    assert half.dtypes == {dtype}
    assert all(value.dtype != dtype for value in half.net.state_dict().values())


@pytest.mark.parametrize("precision", ["bf16", "16"])
def test_in_16_bits_a_resumed_fit_is_exact(tmp_path: Path, precision: str) -> None:
    whole = Toy()
    # The scale of the first steps is too large for them: it falls, and comes from the checkpoint.
    whole.factor = 100.0
    whole.fit(tmp_path / "whole", precision)
    begun, rest = Toy(factor=100.0), Toy(factor=100.0)
    with pytest.raises(Interrupted):
        begun.fit(tmp_path / "begun", precision, told=Told(13))
    kept = load(tmp_path / "begun" / CHECKPOINT, Toy().net)[0]
    if precision == "16":
        assert kept.scale is not None
        assert kept.scale < 2.0**16
        assert kept.grown > 0
    else:
        assert kept.scale is None
    rest.fit(tmp_path / "begun", precision, resume=True)
    for one, other in zip(whole.net.parameters(), rest.net.parameters(), strict=True):
        assert torch.equal(one, other)


def test_gradients_that_are_no_numbers_end_a_fit_in_16_bits(tmp_path: Path) -> None:
    toy = Toy()
    toy.net[3].weight.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(TrainingError, match=r"no numbers in 16 bits.*use --precision bf16"):
        toy.fit(tmp_path, "16")


@pytest.mark.parametrize(("room", "shares"), [(6, 2), (5, 4), (1, 16)])
def test_a_step_in_shares_is_equal(tmp_path: Path, room: int, shares: int) -> None:
    whole, cut = Toy(), Toy(room=room)
    expected = whole.fit(tmp_path / "whole")
    told = Told()
    if shares > BATCH:
        with pytest.raises(OutOfMemoryError, match="a smaller share of the step does not help"):
            cut.fit(tmp_path / "cut", told=told)
        return
    assert cut.fit(tmp_path / "cut", told=told) == pytest.approx(expected, rel=1e-4)
    for one, other in zip(whole.net.parameters(), cut.net.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    said = [sentence for sentence in told.sentences if "calculated in" in sentence]
    assert f"it is calculated in {shares} shares" in said[-1]
    assert len(said) == shares // 2


def test_a_resumed_fit_goes_on_in_shares(tmp_path: Path) -> None:
    whole, begun, rest = Toy(room=5), Toy(room=5), Toy(room=5)
    whole.fit(tmp_path / "whole")
    with pytest.raises(Interrupted):
        begun.fit(tmp_path / "begun", told=Told(13))
    assert load(tmp_path / "begun" / CHECKPOINT, Toy().net)[0].shares == 4
    told = Told()
    rest.fit(tmp_path / "begun", resume=True, told=told)
    assert not any("calculated in" in sentence for sentence in told.sentences)
    for one, other in zip(whole.net.parameters(), rest.net.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("toy", "why"),
    [
        (Toy(normalised=True, room=6), "its networks normalise by batch"),
        (Toy(shared=False, room=6), "a smaller share of the step does not help"),
    ],
)
def test_where_shares_are_not_equal_or_no_help_it_ends(tmp_path: Path, toy: Toy, why: str) -> None:
    said = (
        r"The memory does not suffice \(tried to allocate 2.00 GiB\). It happened on cpu in "
        f"phase only, epoch 1, step 1; {why}"
    )
    with pytest.raises(OutOfMemoryError, match=said):
        toy.fit(tmp_path)


def test_statistics_that_stand_still_may_be_cut(tmp_path: Path) -> None:
    toy = Toy(normalised=True, room=6)
    toy.net.eval()
    toy.fit(tmp_path)
    assert load(tmp_path / CHECKPOINT, toy.net)[0].phase == 1


class Third(Team):
    """The last of three processes."""

    rank = 2
    size = 3


def test_the_look_before_compiling_takes_the_share_of_a_step(tmp_path: Path) -> None:
    """Whole steps would need more memory, and DAML's files of codes be written by all at once."""
    toy, seen = Toy(), list[tuple[int, int]]()

    def loss(step: Step) -> dict[str, Tensor]:
        seen.append((step.share, step.shares))
        return toy.loss(step)

    phase = Phase("only", list(toy.net.parameters()), 1, 1, loss, torch.optim.Adam)
    context = FitContext(tmp_path, team=Third())
    Optimisation(phase, 0, toy.net, Progress(shares=2), context).probe()
    assert seen == [(2, 6)]


def test_an_older_checkpoint_has_no_scale() -> None:
    assert Progress(phase=1, sums={"total": 1.0}).shares == 1
