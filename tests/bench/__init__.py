"""Benchmarks: `python -m tests.bench NAME`. Ratios against a reference measured in the same run."""
