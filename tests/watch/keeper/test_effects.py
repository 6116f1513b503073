from __future__ import annotations

from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.messages import Due


def test_an_effect_is_a_message_to_a_process() -> None:
    assert Effect("courier", "", Due()) == Effect("courier", "", Due())
    assert Effect("courier", EVERY, Due()) != Effect("courier", "", Due())
