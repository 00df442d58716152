"""Metrics that a team can see. A new one is one new file here: see `sim.deployment.telemetry.metric`."""
