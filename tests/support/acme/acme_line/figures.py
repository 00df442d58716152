from sim.report.drawing.layout import headline
from sim.report.drawing.style import Picture, house_style
from sim.report.figure import figure
from sim.report.text.values import plain_name


@figure("acme_rejects")
def rejects(result):
    """Draw how many phones each strategy rejected, as a list."""
    with house_style():
        picture = Picture(9.0, 1.5 + 0.4 * len(result.strategies))
        headline(picture, "Rejects of " + ", ".join(plain_name(s.name) for s in result.strategies[:1]))
        for row, strategy in enumerate(result.strategies):
            timeline = strategy.timeline
            count = int((timeline.defective - timeline.escaped + timeline.overkilled).sum())
            text = f"{plain_name(strategy.name)}: {count:,}"
            picture.text(0.05, 0.1 + 0.6 * row / len(result.strategies), text, size=11)
        return picture


@figure("acme_fails")
def fails(result):
    """Draw nothing at all."""
    raise RuntimeError("no\n ink")


def undeclared(result):
    return None
