"""Measurements against peers: `python -m tests.benchmarks.<name>` prints JSON lines, no more."""
