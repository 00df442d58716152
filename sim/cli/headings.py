"""A group of commands under headings, each imported when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click

from sim.cli.streams import prints_of_others_to_stderr


class Heading(NamedTuple):
    """One family of verbs: what `--help` calls it, the module that holds its commands, and their names in order."""

    title: str
    module: str
    verbs: tuple[str, ...]


class VerbsUnderHeadings(click.Group):
    """Commands in families. Running one imports its own family's module and no other.

    Parameters
    ----------
    headings : sequence of Heading
        The families, in the order of `--help`; one without verbs is not shown.

    Examples
    --------
    >>> group = VerbsUnderHeadings("tool", headings=[Heading("Scenarios", "sim.cli.scenarios", ("run", "list"))])
    >>> group.list_commands(click.Context(group))
    ['run', 'list']
    """

    def __init__(self, name: str | None = None, *, headings: Sequence[Heading], **settings: Any) -> None:
        super().__init__(name, commands=_LateCommands(headings), **settings)
        self.headings = headings

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, self.commands), default=0)
        for heading in self.headings:
            # All sections in one width: the eye finds the summaries in one column.
            rows = [
                (verb.ljust(widest), self.commands[verb].get_short_help_str(formatter.width - 6 - widest))
                for verb in heading.verbs
            ]
            if rows:
                with formatter.section(heading.title):
                    formatter.write_dl(rows)


class Verb(click.Command):
    """A command whose results are all that stdout shows, whatever the code of packages prints meanwhile."""

    def invoke(self, ctx: click.Context) -> Any:
        with prints_of_others_to_stderr():
            return super().invoke(ctx)


class _LateCommands(MutableMapping[str, click.Command]):
    """The commands of all headings by name; looking one up imports its module."""

    def __init__(self, headings: Sequence[Heading]) -> None:
        self._modules = {verb: heading.module for heading in headings for verb in heading.verbs}
        self._imported: dict[str, click.Command] = {}

    def __getitem__(self, verb: str) -> click.Command:
        if verb not in self._imported:
            module = vars(import_module(self._modules[verb]))
            self._imported |= {
                value.name: value for value in module.values() if isinstance(value, click.Command) and value.name
            }
        return self._imported[verb]

    def __setitem__(self, verb: str, command: click.Command) -> None:
        self._imported[verb] = command
        self._modules[verb] = str(command.callback.__module__)

    def __delitem__(self, verb: str) -> None:
        del self._modules[verb]
        self._imported.pop(verb, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)
