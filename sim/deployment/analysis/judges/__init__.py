"""Judges as choices inside an analysis: one file each."""
