"""Patterns that installed packages bring, by entry points: imported when a scenario names one, and never before."""

from __future__ import annotations

import inspect

from sim import plugins as packages
from sim.deployment.strategy import PATTERNS, forget, pattern, playbook
from sim.plugins import PluginError


def pattern_plugins() -> dict[str, str]:
    """Return the patterns that packages bring and driftline has not: which package brings each. Imports none."""
    return {name: origin for name, origin in packages.plugins(packages.PATTERNS).items() if name not in PATTERNS}


def load_plugin(name: str) -> None:
    """Register an installed package's pattern under its entry point's name.

    The entry point names a generator function, decorated with `sim.pattern` or not.

    Raises
    ------
    PluginError
        If no package brings it, its code fails, or it is no pattern.
    """
    point = packages.find(packages.PATTERNS, name)
    whose = f"'{name}' ({point.value} of {packages.origin(point)})"
    before = {known: playbook(known) for known in PATTERNS}
    function = packages.load_plugin(point)
    taken = [known for known, function_before in before.items() if playbook(known) is not function_before]
    for known in taken:
        pattern(known)(before[known])
    if taken:
        raise PluginError(f"{whose} would replace the pattern {', '.join(taken)}: it needs another name")
    if not inspect.isgeneratorfunction(function):
        raise PluginError(f"{whose} is no generator function (rollout, *, settings...), which a pattern is")
    if name in PATTERNS and playbook(name) is function:
        return
    try:
        pattern(name)(function)
    except Exception as error:  # its annotations are another package's code
        forget(name)
        raise PluginError(f"{whose} has settings that can't be read: {packages.in_one_line(error)}") from error
