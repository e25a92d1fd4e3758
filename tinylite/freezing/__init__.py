"""Freeze: join a TensorFlow graph with the values of its variables, so that it can be converted. The only part that needs TensorFlow.

files and objects ──freeze──> by kind: graphs, functions, keras, saved_model ──assemble, join──> Frozen
"""

from __future__ import annotations
