"""Several systems on a device: all of them go there, and go on asking once."""

from __future__ import annotations

from pathlib import Path

from awry.devices import Compute, using
from awry.methods.fused import Fused
from awry.training.footage import Footage
from awry.video.cache import FrameCache
from fake_devices import fake_card
from support import moving_square_data

HALF, CARD = Compute("cpu", "bf16"), Compute("cuda:0")


def both() -> Fused:
    return Fused(Fused.configure("tiny", {"of": ("mtla", "daml")}))


def test_all_systems_go_where_the_whole_goes() -> None:
    here = both()
    there = here.on(CARD)
    assert {one.compute for one in (there, *there.systems.values())} == {CARD}
    assert {one.compute for one in (here, *here.systems.values())} == {Compute()}
    assert list(there.systems) == list(here.systems)
    with using(HALF):
        assert {one.compute for one in both().systems.values()} == {HALF}


def test_systems_from_several_places_are_brought_to_the_first_ones() -> None:
    one, other = both().on(HALF).systems["mtla"], both().systems["daml"]
    made = Fused.made_of([one, other])
    assert made.compute == HALF
    assert made.systems["mtla"] is one
    assert made.systems["daml"].compute == HALF
    assert other.compute == Compute()


def test_the_losses_of_all_systems_are_calculated_on_a_card(tmp_path: Path) -> None:
    footage = Footage(moving_square_data().train, FrameCache(tmp_path, 2**28))
    with fake_card() as card, using(card):
        method = Fused(Fused.configure("tiny", {"of": ("convae", "daml")}))
        losses = method.training_losses(footage)
    trained = [one for module in method.trained_modules() for one in module.parameters()]
    assert len(losses) == len(method.trained_modules()) == 2
    assert {one.device.type for one in (*losses, *trained)} == {"cuda"}
