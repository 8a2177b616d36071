"""The options of verbs: the values under ``with`` in a rule file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

_Options = TypeVar("_Options", bound="Options")


class Options:
    """Base of every verb's options: immutable values; unknown keys are errors.

    A subclass annotates its options and gives defaults, as a pydantic model does. `options_model` makes a
    pydantic model of the annotations for the validation of rule files; running a rule needs none.
    """

    def __init__(self, **values: Any) -> None:
        """Take values that are known to be valid."""
        vars(self).update(values)

    @classmethod
    def from_json(cls: type[_Options], values: dict[str, Any]) -> _Options:
        """The options of a rule file that is known to be valid."""
        if any(isinstance(value, dict | list) and not _is_plain(value) for value in values.values()):
            types = get_type_hints(cls)
            values = {key: _convert(types[key], value) for key, value in values.items()}
        return cls(**values)

    def validate(self) -> None:
        """Check what no single annotation states, such as that one of two options is required.

        Raises:
            ValueError: The options do not fit together; the message names them.
        """

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"the option {name} cannot be changed")

    def __repr__(self) -> str:
        values = ", ".join(f"{key}={getattr(self, key)!r}" for key in type(self).__annotations__)
        return f"{type(self).__qualname__}({values})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core.core_schema import no_info_after_validator_function

        return no_info_after_validator_function(cls._from_model, handler.generate_schema(options_model(cls)))

    @classmethod
    def _from_model(cls: type[_Options], model: BaseModel) -> _Options:
        options = cls(**{name: getattr(model, name) for name in type(model).model_fields})
        options.validate()
        return options


def _options_model(options: type[Any]) -> type[BaseModel]:
    from pydantic import BaseModel, ConfigDict, create_model  # slow to import

    if issubclass(options, BaseModel):
        return options
    members = [member for base in options.__mro__ for member in vars(base).items()]
    if decorated := [name for name, value in members if hasattr(value, "decorator_info")]:
        raise TypeError(f"{decorated[0]} would never be called: override `validate`, or derive Options from BaseModel")
    types = get_type_hints(options, include_extras=True)
    fields: dict[str, Any] = {name: (type_, getattr(options, name, ...)) for name, type_ in types.items()}
    settings = ConfigDict(extra="forbid", frozen=True)
    model: type[BaseModel] = create_model(
        options.__name__, __config__=settings, __doc__=options.__doc__, __module__=options.__module__, **fields
    )
    return model


#: The pydantic model of a class of options; a pydantic model is its own.
options_model = cast("Callable[[type[Any]], type[BaseModel]]", cache(_options_model))


def _is_plain(value: dict[str, Any] | list[Any]) -> bool:
    """Whether a value cannot contain options."""
    return isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)


def _convert(annotation: Any, value: Any) -> Any:
    """A value of a rule file as its annotation describes it: a mapping can be the options of a part of the verb."""
    nested = next(options_in(annotation), None)
    if nested is None or value is None:
        return value
    return [nested.from_json(item) for item in value] if isinstance(value, list) else nested.from_json(value)


def options_in(annotation: Any) -> Iterator[type[Options]]:
    """The classes of options in an annotation, such as ``list[Order]``."""
    if isinstance(annotation, type) and issubclass(annotation, Options):
        yield annotation
    for argument in get_args(annotation):
        yield from options_in(argument)
