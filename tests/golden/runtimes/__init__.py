"""Runtimes that misbehave, for tests of what becomes of those who compare with them."""
