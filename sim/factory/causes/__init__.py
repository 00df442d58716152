"""Causes of drift, one file each."""
