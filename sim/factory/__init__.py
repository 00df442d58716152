"""The world: phones, flaws, camera and drift, the same whatever is deployed. Nothing here knows who inspects."""
