"""The deployment patterns, one small file each. Importing this package registers them."""

from sim.deployment.patterns import (  # noqa: F401  # in the order in which they are listed
    manual,
    shadow,
    canary,
    blue_green,
    partial_automation,
    full_automation,
    stay,
)
