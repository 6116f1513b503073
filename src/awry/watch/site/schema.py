"""The JSON schema of a site's file, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from awry.watch.site.model import Site
from awry.watch.site.units import unit_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DURATION = {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(s|m|min|h|d|w)\s*)+$"}
_SIZE = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*([KkMmGgTt][Ii]?[Bb])\s*$"}
_FILE = {
    "type": "object",
    "properties": {"file": {"type": "string"}},
    "required": ["file"],
    "additionalProperties": False,
}


def site_schema() -> dict[str, Any]:
    """What a site's file may hold, as a JSON schema (2020-12)."""
    schema = Site.model_json_schema()
    parts = schema["$defs"]
    for part in (schema, *parts.values()):
        _allow_forms(part.get("properties", {}))
    camera = parts["Camera"]
    del camera["properties"]["name"]
    camera["required"] = ["detect"]
    camera["properties"]["learn"] = {
        "anyOf": [{"$ref": "#/$defs/Learning"}, {"type": ["string", "number"]}],
        "description": "24h, from FOLDER, or a mapping",
    }
    defaults = {**camera, "description": "What all cameras share."}
    del defaults["required"]
    parts["Defaults"] = defaults
    schema["properties"]["defaults"] = {"$ref": "#/$defs/Defaults"}
    # A camera that only `defaults` gives an address is unheard of, but not wrong.
    return {"$schema": DIALECT, **schema, "title": "Settings of awry watch"}


def _allow_forms(properties: dict[str, Any]) -> None:
    """Let values be written as people may write them."""
    for name, value in properties.items():
        unit = unit_of(name)
        if unit is not None and value.get("type") == "number":
            text = _DURATION if unit[0] == "duration" else _SIZE
            bounds = {key: value.pop(key) for key in _BOUNDS if key in value}
            del value["type"]
            value["anyOf"] = [{"type": "number", **bounds}, text]
        for one in (value, *value.get("anyOf", ())):
            if one.pop("format", None) == "password":
                one.pop("writeOnly", None)
                del one["type"]
                one["anyOf"] = [{"type": "string"}, _FILE]


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
