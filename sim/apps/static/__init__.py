"""A story as one file: a page that holds the runs of its knobs' positions, and asks nobody for anything."""
