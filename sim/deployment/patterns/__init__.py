"""The deployment patterns, one small file each. Importing this package registers them."""

from sim.deployment.patterns import (  # noqa: F401  # in the order in which they are listed
    blue_green,
    canary,
    full_automation,
    manual,
    partial_automation,
    shadow,
    stay,
)
