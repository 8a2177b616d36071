"""Print the JSON Schema of every class of a release that has a schema version. Runs inside that release.

Usage: ``python export_release.py PACKAGE``, with the release on PYTHONPATH. It only needs pydantic 1 or 2.

If a module cannot be imported, for example because of an obsolete optional dependency, the output contains its name
and the reason.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pkgutil
import sys
import warnings
from types import ModuleType
from typing import Any

import pydantic

PYDANTIC_1 = pydantic.VERSION.startswith("1.")

#: Subpackages without schemas.
_NO_SCHEMAS = {"utils", "visualizations"}
#: Only the versions of the record are archived. Its members are validated by their own versions.
_RECORD = "Metadata"


def main() -> None:
    """Print ``{"classes": {name: [schema_version, schema]}, "failed": {module: reason}}``."""
    warnings.simplefilter("ignore")
    if PYDANTIC_1:
        patch_null_export()
    failed: dict[str, str] = {}
    classes: dict[str, Any] = {}
    for module in modules(sys.argv[1], failed):
        for name, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ == module.__name__ and issubclass(cls, pydantic.BaseModel) and version_of(cls):
                classes[name] = [version_of(cls), export_schema(cls)]
    json.dump({"classes": classes, "failed": failed}, sys.stdout, sort_keys=True, default=encode)


def modules(package: str, failed: dict[str, str]) -> list[ModuleType]:
    """The modules of a package, except those without schemas. Failures are added to ``failed``."""
    root = importlib.import_module(package)
    found = []
    for info in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda name: None):
        if any(part in _NO_SCHEMAS for part in info.name.split(".")):
            continue
        try:
            found.append(importlib.import_module(info.name))
        except Exception as error:
            failed[info.name] = f"{type(error).__name__}: {error}"
    return found


def version_of(cls: Any) -> str | None:
    """The schema version of a class; None for a base class."""
    field = (cls.__fields__ if PYDANTIC_1 else cls.model_fields).get("schema_version")
    return field.default if field is not None and isinstance(field.default, str) else None


def export_schema(cls: Any) -> Any:
    """The JSON Schema of a class; None for the record of all sidecars."""
    if cls.__name__ == _RECORD:
        return None
    return cls.schema() if PYDANTIC_1 else cls.model_json_schema(mode="validation", schema_generator=schema_generator())


def schema_generator() -> Any:
    """The generator of pydantic 2, extended by the format of decimal numbers and by conditions on notes."""
    from notes_conditions import notes_conditions
    from pydantic.json_schema import GenerateJsonSchema  # pydantic 2 only

    class SchemaGenerator(GenerateJsonSchema):
        def model_schema(self, schema: Any) -> Any:
            exported = super().model_schema(schema)
            conditions = notes_conditions(schema["cls"])
            return {**exported, "allOf": conditions} if conditions else exported

        def decimal_schema(self, schema: Any) -> Any:
            number, *_ = super().decimal_schema(schema)["anyOf"]
            return {"anyOf": [number, {"type": "string", "format": "decimal"}]}

    return SchemaGenerator


def encode(value: Any) -> Any:
    """Encode a value that JSON cannot represent. In pydantic 1 an allowed value can be a model, such as a species.

    All other such values are in keywords that are not part of JSON Schema.
    """
    if isinstance(value, enum.Enum):
        return value.value
    return value.dict() if isinstance(value, pydantic.BaseModel) else repr(value)


def patch_null_export() -> None:
    """Patch pydantic 1 so that it exports ``Optional[X]`` as a type that allows null.

    It exports X, although its models accept and write null.
    """
    from pydantic import schema  # pydantic 1 only

    field_schema, type_schema = schema.field_schema, schema.field_type_schema
    null = {"type": "null"}

    def nullable_type(field: Any, *args: Any, **options: Any) -> Any:
        exported, *rest = type_schema(field, *args, **options)
        return ({"anyOf": [exported, null]} if field.allow_none and exported else exported, *rest)

    def nullable_field(field: Any, *args: Any, **options: Any) -> Any:
        exported, *rest = field_schema(field, *args, **options)
        if field.allow_none and "const" in exported:
            exported["anyOf"] = [{"const": exported.pop("const")}, null]
        return (exported, *rest)

    schema.field_type_schema, schema.field_schema = nullable_type, nullable_field


if __name__ == "__main__":
    main()
