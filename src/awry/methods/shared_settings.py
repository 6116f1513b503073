"""Settings that are given to several methods at once, of which each takes those that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from awry.methods.base import MethodConfig


def takers(configs: Mapping[str, type[MethodConfig]], key: str, value: object) -> list[str]:
    """Which methods a setting goes to: those that have one of that name, and whose takes the value.

    One name may mean two things: `depth` is a teacher of one method and the depth of another's
    network.

    Args:
        configs: method or label -> its settings' type.
        key, value: of the setting.

    Returns:
        Names in order. Where the value fits none, all that have the setting, so that each says
        what is wrong with it; none where nobody has it.
    """
    having = [name for name, config in configs.items() if key in config.model_fields]
    return [name for name in having if _fits(configs[name], key, value)] or having


def _fits(config: type[MethodConfig], key: str, value: object) -> bool:
    field = config.model_fields[key]
    limited: Any = Annotated[field.annotation, field]
    try:
        TypeAdapter(limited).validate_python(value)
    except ValidationError:
        return False
    return True
