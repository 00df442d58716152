"""A choice in a scenario file among the members of a family, packages' and notebooks' included.

Pydantic's discriminated unions are closed when a model is defined. A choice looks its members up when a file is read,
so that a new judge, detector or drift profile is one file, and nobody keeps a list. A member that an installed package
brings is imported when a file names it, and never before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, PydanticKnownError, core_schema

from sim.plugins import Family, PluginError, at_work


@dataclass(frozen=True, slots=True, eq=False)  # annotations are hashed, and a family has no hash
class Choice:
    """The annotation of a field that holds a member of a family, told apart by one of its keys.

    Parameters
    ----------
    family : mapping of str to type
        The members, each a pydantic model whose field `tag` says its name; see `sim.plugins.Family`.
    tag : str
        The key: "kind", say.

    Examples
    --------
    >>> from typing import Annotated
    >>> from pydantic import create_model
    >>> saw = create_model("Saw", kind=(str, "saw"), teeth=(int, 20))
    >>> box = create_model("Box", tool=(Annotated[BaseModel, Choice({"saw": saw}, "kind")], ...))
    >>> box.model_validate({"tool": {"kind": "saw", "teeth": "40"}}).tool
    Saw(kind='saw', teeth=40)
    """

    family: Mapping[str, Any]
    tag: str

    def member(self, given: Any) -> type[BaseModel] | None:
        """Return the model that data asks for, None if there is none of that name."""
        name = given.get(self.tag) if isinstance(given, Mapping) else getattr(given, self.tag, None)
        return self.family.get(name) if isinstance(name, str) else None

    def names(self) -> tuple[str, ...]:
        """Return what a file can say here: the members known by now, and those that installed packages bring."""
        return tuple(dict.fromkeys([*self.family, *self._plugins()]))

    def load_all(self) -> Iterator[str]:
        """Import all members that packages bring; yield what is wrong with those that can't be used."""
        if isinstance(self.family, Family):
            for name in self.family.plugins():
                try:
                    self.family.load(name, self._unfit)
                except PluginError as error:
                    yield str(error)

    def _plugins(self) -> Mapping[str, str]:
        return self.family.plugins() if isinstance(self.family, Family) else {}

    @property
    def _noun(self) -> str:
        return self.family.noun if isinstance(self.family, Family) else self.tag

    def _load(self, given: Mapping[str, Any]) -> None:
        """Import the member that data asks for if a package brings it; what is wrong with it is said at its name."""
        name = given[self.tag]
        if not isinstance(name, str) or name in self.family or name not in self._plugins():
            return
        assert isinstance(self.family, Family)
        try:
            self.family.load(name, self._unfit)
        except PluginError as error:
            what = PydanticCustomError("value_error", "{error}", {"error": str(error)})
            details = InitErrorDetails(type=what, loc=(self.tag,), input=name)
            raise ValidationError.from_exception_data(self.family.noun, [details]) from None

    def _unfit(self, member: Any) -> str | None:
        if isinstance(member, type) and issubclass(member, BaseModel) and self.tag in member.model_fields:
            return None
        return f"is no pydantic model with a field '{self.tag}'"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        # As of a closed union: pydantic makes a reference of each member's model.
        members = {name: member.__pydantic_core_schema__ for name, member in self.family.items()}
        return handler(core_schema.tagged_union_schema(members, self.tag))

    def _validated(self, given: Any) -> Any:
        if isinstance(given, BaseModel):
            if isinstance(given, tuple(self.family.values())):
                return given
            given = given.model_dump()
        if not isinstance(given, Mapping):
            raise PydanticKnownError("model_attributes_type")
        if self.tag not in given:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": f"'{self.tag}'"})
        self._load(given)
        member = self.member(given)
        if member is None:
            known = ", ".join(f"'{name}'" for name in self.names())
            context = {"discriminator": f"'{self.tag}'", "tag": str(given[self.tag]), "expected_tags": known}
            raise PydanticKnownError("union_tag_invalid", context)
        # Its errors keep their places: pydantic puts this field's before them.
        with at_work(f"the {self._noun} {given[self.tag]}", member):
            try:
                return member.model_validate(given)
            except ValidationError as error:
                wrong = error
        raise wrong


def choices_in(model: type[BaseModel]) -> list[Choice]:
    """Return every choice of a model, and of the models in it, its choices' members included.

    Examples
    --------
    >>> from typing import Annotated
    >>> from pydantic import create_model
    >>> box = create_model("Box", tools=(tuple[Annotated[BaseModel, Choice({}, "kind")], ...], ()))
    >>> [choice.tag for choice in choices_in(create_model("Shed", boxes=(list[box], [])))]
    ['kind']
    """
    choices: list[Choice] = []
    waiting: list[Any] = [model]
    models: set[type[BaseModel]] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, Choice):
            if all(part.family is not choice.family for choice in choices):
                choices.append(part)
                waiting += part.family.values()
        elif isinstance(part, type) and issubclass(part, BaseModel):
            if part not in models:
                models.add(part)
                for field in part.model_fields.values():
                    waiting += [field.annotation, *field.metadata]
        else:
            waiting += get_args(part)
    return choices


def _dumped(value: Any, info: core_schema.SerializationInfo) -> Any:
    return value.model_dump(
        mode=info.mode,
        by_alias=info.by_alias,
        exclude_unset=info.exclude_unset,
        exclude_defaults=info.exclude_defaults,
        exclude_none=info.exclude_none,
    )
