"""Benchmarks of tinylite against LiteRT: python -m benchmarks --help."""
