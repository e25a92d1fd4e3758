"""Benchmarks: tests."""
