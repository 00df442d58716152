"""Judges against judges, detectors against detectors: each comparison beside its table."""
