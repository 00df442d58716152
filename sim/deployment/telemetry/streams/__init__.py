"""Streams that detectors watch. A new one is one new file here: see `sim.deployment.telemetry.stream`."""
