"""The line as one would write it by hand with SimPy in an hour: a process per phone and two resources.

It knows what it needs to know: no telemetry, no mirrors, outages or full buffers, no change of route, no logged looks.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from .common_case import WEIGHT, CommonCase

Process = Generator[simpy.Event, Any, None]


@dataclass
class Verdicts:
    """By phone: rejected or not and when, None = not by the horizon."""

    rejected: list[bool | None]
    at_us: list[int | None]


def run(case: CommonCase) -> Verdicts:
    """Run the phones through the line."""
    # Python lists: reading one number from an array is slow.
    due_us, u_arm, score = case.columns.due_us.tolist(), case.columns.u_arm.tolist(), case.score.tolist()
    model_us, human_us = case.model_us.tolist(), case.columns.human.service_us.tolist()
    human_rejects = case.human_rejects.tolist()
    low, high = case.cut_offs
    weight = WEIGHT / 100.0
    verdicts = Verdicts([None] * len(due_us), [None] * len(due_us))

    env = simpy.Environment()
    model = simpy.Resource(env, capacity=1)
    humans = simpy.Resource(env, capacity=case.scenario.inspectors.count)

    def phone(number: int) -> Process:
        if u_arm[number] < weight:
            with model.request() as turn:
                yield turn
                yield env.timeout(model_us[number])
            if not low < score[number] <= high:
                verdicts.rejected[number], verdicts.at_us[number] = score[number] > high, env.now
                return
        with humans.request() as turn:
            yield turn
            yield env.timeout(human_us[number])
        verdicts.rejected[number], verdicts.at_us[number] = human_rejects[number], env.now

    def conveyor() -> Process:
        for number, moment in enumerate(due_us):
            yield env.timeout(moment - env.now)
            env.process(phone(number))

    env.process(conveyor())
    env.run(until=case.scenario.horizon + 1)  # what happens at the horizon still counts
    return verdicts
