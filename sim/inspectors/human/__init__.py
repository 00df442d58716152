"""People who inspect."""
