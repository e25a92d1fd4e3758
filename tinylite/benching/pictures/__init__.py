"""Benchmarks as one HTML page: a file for each kind of picture, and the page that brings them together."""
