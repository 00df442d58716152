"""A choice in a scenario file among the members of a family, packages' and notebooks' included.

Pydantic's discriminated unions are closed when a model is defined. A choice looks its members up when a file is read,
so that a new judge, detector or drift profile is one file, and nobody keeps a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


@dataclass(frozen=True, slots=True)
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

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        models = {name: handler(member.__pydantic_core_schema__) for name, member in self.family.items()}
        references = {name: model["$ref"] for name, model in models.items() if "$ref" in model}
        found: dict[str, Any] = {"oneOf": list(models.values())}
        if len(references) == len(models):
            found["discriminator"] = {"mapping": references, "propertyName": self.tag}
        return found

    def _validated(self, given: Any) -> Any:
        if isinstance(given, BaseModel):
            if isinstance(given, tuple(self.family.values())):
                return given
            given = given.model_dump()
        if not isinstance(given, Mapping):
            raise PydanticKnownError("model_attributes_type")
        if self.tag not in given:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": f"'{self.tag}'"})
        member = self.member(given)
        if member is None:
            known = ", ".join(f"'{name}'" for name in self.family)
            context = {"discriminator": f"'{self.tag}'", "tag": str(given[self.tag]), "expected_tags": known}
            raise PydanticKnownError("union_tag_invalid", context)
        # Its errors keep their places: pydantic puts this field's before them.
        return member.model_validate(given)


def _dumped(value: Any, info: core_schema.SerializationInfo) -> Any:
    return value.model_dump(
        mode=info.mode,
        by_alias=info.by_alias,
        exclude_unset=info.exclude_unset,
        exclude_defaults=info.exclude_defaults,
        exclude_none=info.exclude_none,
    )
