"""The deployment patterns, one small file each. Importing this package registers them, in the order of this list."""

# isort: off
from sim.deployment.patterns import manual  # noqa: F401
from sim.deployment.patterns import shadow  # noqa: F401
from sim.deployment.patterns import canary  # noqa: F401
from sim.deployment.patterns import blue_green  # noqa: F401
from sim.deployment.patterns import partial_automation  # noqa: F401
from sim.deployment.patterns import full_automation  # noqa: F401
from sim.deployment.patterns import stay  # noqa: F401
from sim.deployment.patterns import sequential_canary  # noqa: F401
from sim.deployment.patterns import argo_canary  # noqa: F401
from sim.deployment.patterns import argo_blue_green  # noqa: F401
from sim.deployment.patterns import flagger  # noqa: F401
from sim.deployment.patterns import assisted  # noqa: F401
from sim.deployment.patterns import triage  # noqa: F401
from sim.deployment.patterns import progressive_automation  # noqa: F401
from sim.deployment.patterns import ab_test  # noqa: F401
from sim.deployment.patterns import champion_challenger  # noqa: F401
from sim.deployment.patterns import bandit  # noqa: F401
