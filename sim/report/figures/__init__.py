"""The figures of a comparison, a file for each; what they share is in `sim.report.drawing`."""
