"""Kinds of models, one file each."""
