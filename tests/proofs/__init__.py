"""Long proofs: commands of their own. Their small versions are tests."""
