"""One page for each JSON Schema: its objects, and their fields with types and meanings."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from extension.words import defined, index, meanings, paragraphs, part, prose

TOLD = (
    "The fields of all documents that mamlcheck writes or reads as JSON, one page for each schema in "
    "`mamlcheck/schemas/`. What the documents are for, and the rules that they keep, is told in "
    "[the documents that mamlcheck writes](../../../results-format.md)."
)
Schema = dict[str, Any]


def pages() -> dict[str, str]:
    """The schemas, and their index."""
    folder = files("mamlcheck") / "schemas"
    names = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    found = {name: _page(name, json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))) for name in names}
    return found | {"index": index("Schemas", TOLD, {name: name for name in names})}


def _page(name: str, schema: Schema) -> str:
    whole = "" if "properties" in schema else f"A document is {_type(schema)}."
    parts = [_object(part, given) for part, given in schema.get("$defs", {}).items()]
    return part("Schemas", name, whole, _fields(schema), *(parts if _own(schema) else ()))


def _own(schema: Schema) -> bool:
    """Whether the parts are described here: the schema of any document repeats those of all others."""
    return not any(part.get("$ref", "").startswith("urn:") for part in schema.get("oneOf", ()))


def _object(name: str, schema: Schema) -> str:
    return f"## {name}\n\n" + (_fields(schema) or _type(schema))


def _fields(schema: Schema) -> str:
    fields = schema.get("properties", {})
    told, meaning = meanings(schema.get("description", ""), fields)
    required = schema.get("required", ())
    terms = []
    for name, field in fields.items():
        term = f"`{name}`" + ("" if name in required else " (may be missing)")
        told_of_it = (meaning.get(name) or field.get("description", "")).rstrip(".;")
        terms.append((term, f"{prose(told_of_it)} ({_type(field)})" if told_of_it else _type(field)))
    return "\n\n".join(part for part in (paragraphs(told), defined(terms)) if part)


def _type(schema: Schema) -> str:
    """What a value is, in words."""
    if reference := schema.get("$ref"):
        return _link(reference)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    kind = schema.get("type", "anything")
    return " or ".join(_kind(one, schema) for one in ([kind] if isinstance(kind, str) else kind))


def _kind(kind: str, schema: Schema) -> str:
    if kind == "array" and schema.get("prefixItems"):
        return "list of " + ", ".join(_type(one) for one in schema["prefixItems"])
    if kind == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_type(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict) and "properties" not in schema:
        return f"object whose values are {_type(schema['additionalProperties'])}"
    return {"string": "text", "array": "list"}.get(kind, kind)


def _link(reference: str) -> str:
    document, _, part = reference.partition("#")
    name = part.rpartition("/")[2]
    place = f"{document.rpartition(':')[2]}.myst" if document else ""
    anchor = f"#{name.lower()}" if name else ""
    return f"[{name or document.rpartition(':')[2]}]({place}{anchor})"
