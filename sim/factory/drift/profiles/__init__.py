"""Profiles of drift, one file each."""
