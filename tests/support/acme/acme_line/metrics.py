from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import mean
from sim.deployment.telemetry.stream import stream
from sim.measure.metric import true_metric
from sim.measure.tally import ratio


@observed("acme_glare", unit="share", better="low")
def glare(tables, arm, scope):
    """Phones with a picture brighter than 1 / phones decided.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"brightness": [1.5, 0.5]}).read("acme_glare", "v1", 0))
    0.5 (2 phones)
    """
    (brightness,) = tables.by_arm(tables.decisions, arm, scope, "brightness")
    return mean(brightness > 1.0)


@stream("acme_glaring", holds="events")
def glaring(tables, arm, scope):
    """1 for each decided phone with a picture brighter than 1, 0 for every other.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(decisions={"brightness": [1.5, 0.5]}).stream("acme_glaring", "v1", 0)
    array([1., 0.])
    """
    return tables.by_arm(tables.decisions, arm, scope, "brightness")[0] > 1.0


@true_metric("acme_rework_share", unit="share", label="reworked")
def rework_share(tally):
    """Defective phones rejected / phones decided.

    >>> from sim.measure.tally import Tally
    >>> rework_share(Tally(decided=8, rejected=3, overkilled=1))
    0.25
    """
    return ratio(tally.rejected - tally.overkilled, tally.decided)


def plain(tables, arm, scope):
    """Declared by nobody."""
