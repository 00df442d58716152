"""Questions: what can be answered, and which answer a result gives."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.apps.stories.spec import Question
from sim.apps.stories.story import Story
from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report.text.values import plain_name, show
from sim.stats.two_rates import Rate, normal_quantile

#: With fewer replications there is no interval worth the name: the margin of what matters decides, and where phones are
#: counted, whether chance alone sets two shares so far apart.
FEW = 3
#: The answer that is right where the run can't tell.
UNTOLD = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """Which option is right, `UNTOLD` where the run can't tell, and what to say of it."""

    answer: str
    say: str


def options_of(story: Story, question: Question) -> dict[str, str]:
    """Return the answers to choose from, by id; a computed one can always be that it can't be told.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> story = load_story("lamp")
    >>> list(options_of(story, story.questions["leaks_most"]))
    ['canary', 'full_automation', '']
    """
    if question.options:
        return dict(question.options)
    names = list(question.more[1:]) if question.more else story.strategies
    return {**{name: plain_name(name) for name in names}, UNTOLD: "cannot be told"}


def asked_of(story: Story, question: Question) -> str:
    """Return which run a question is about, in a sentence: a run of other settings has another answer.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> story = load_story("lamp")
    >>> asked_of(story, story.questions["why"])
    'Asked of the run with which the story begins.'
    """
    if not question.at:
        return "Asked of the run with which the story begins."
    knobs = [(story.knobs[name], text) for name, text in question.at.items()]
    told = "; ".join(f"{knob.label}: {knob.says[knob.values.index(text)]}" for knob, text in knobs)
    return f"Asked of another run. {told}."


def answer_to(question: Question, result: Result) -> Answered:
    """Return which answer a result gives: who is first, and by more than chance and than what matters."""
    if question.right is not None:
        return Answered(question.right, question.because)
    metric = question.metric
    assert metric is not None
    asked = set(question.more[1:]) if question.more else {strategy.name for strategy in result.strategies}
    values = {strategy.name: strategy.interval(metric).mean for strategy in result.strategies if strategy.name in asked}
    values = {name: value for name, value in values.items() if math.isfinite(value)}
    if len(values) < 2:
        return Answered(UNTOLD, "This run has no numbers to compare.")
    order = sorted(values, key=lambda name: values[name], reverse=question.lowest is None)
    first, second = order[0], order[1]
    unit = TRUE_METRICS[metric].unit
    ends = f"{plain_name(first)} {show(values[first], unit)}, {plain_name(second)} {show(values[second], unit)}"
    ends = ends[0].upper() + ends[1:]
    why = why_untold(result, first, second, metric)
    return Answered(UNTOLD, f"{ends}: {why}.") if why else Answered(first, f"{ends}.")


def why_untold(result: Result, first: str, second: str, metric: str) -> str:
    """Return why it can't be told which of two strategies has more of a metric; "" where it can."""
    if result.replications >= FEW:
        apart = result.difference(first, second, metric).excludes_zero
        return "" if apart else f"over {result.replications} runs the difference is not sure"
    one, other = (result[name].interval(metric).mean for name in (first, second))
    gap = abs(one - other)
    if gap <= result.scenario.margin(metric).of(min(abs(one), abs(other))):
        return "too near to each other to tell in one run" if gap else "they are equal"
    return "" if _beyond_chance(result, first, second, metric) else "chance alone may do that in one run"


def _beyond_chance(result: Result, first: str, second: str, metric: str) -> bool:
    """Whether two shares of counted phones differ by more than chance does, at 95 %; other metrics count as apart.

    Both strategies meet the same phones, so that their shares differ by chance rather less than this allows for.
    """
    both = [result[name].quotients.get(metric) for name in (first, second)]
    rates = [
        Rate(float(made.part.sum() / made.whole.sum()), int(made.whole.sum()))
        for made in both
        if made is not None and TRUE_METRICS[metric].counts_phones
    ]
    return len(rates) < 2 or abs(rates[0].z_against(rates[1])) > normal_quantile(0.05, two_sided=True)
