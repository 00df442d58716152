"""The deployment patterns, one small file each: a new file here is a new pattern. See `sim.deployment.strategy`."""
