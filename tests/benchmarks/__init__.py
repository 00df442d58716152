"""How fast driftline is beside other ways to run the same line: `python tests/benchmarks`."""
