"""Whole tutorials that run: each is a package whose modules are its steps."""
