"""Who can decide: human inspectors and model versions, and how fast they are."""
