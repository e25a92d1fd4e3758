"""Benchmarks: models and single ops timed beside baselines in turn, with intervals, and compared with older figures."""
