"""Settings that are given to several methods at once, of which each takes those that it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from awry.errors import ConfigError, nearest
from awry.methods.base import MethodConfig
from awry.methods.registry import method_class


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


def settings_by_method(
    methods: Collection[str], settings: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Method -> those of the settings that it takes; a single one takes all.

    Raises:
        ConfigError: an unknown method, or several of which none has a setting; suggests the
            nearest. What a single one has not, it refuses itself when it is configured.
    """
    if len(methods) == 1:
        return {name: dict(settings) for name in methods}
    configs = {name: method_class(name).Config for name in methods}
    shared: dict[str, dict[str, Any]] = {name: {} for name in methods}
    for key, value in settings.items():
        taking = takers(configs, key, value)
        if not taking:
            known = {name for config in configs.values() for name in config.model_fields}
            hint = nearest(key, known)
            raise ConfigError(f"None of these methods has a setting '{key}': {hint}.")
        for name in taking:
            shared[name][key] = value
    return shared


def _fits(config: type[MethodConfig], key: str, value: object) -> bool:
    field = config.model_fields[key]
    limited: Any = Annotated[field.annotation, field]
    try:
        TypeAdapter(limited).validate_python(value)
    except ValidationError:
        return False
    return True
