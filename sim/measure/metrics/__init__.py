"""Metrics of what really happened. A new one is one new file here: see `sim.measure.metric`."""
