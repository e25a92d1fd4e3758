"""Test vectors: inputs, weights, outputs and the stages between, as files that tests of hardware, kernels and compilers read.

make.py         `vectors`: from a model to a folder of files
read.py         `read_vectors`: from such a folder back to arrays
collect.py      what is written: runs of the model, or of its ops one by one
one_op.py       an op of a model as a model
stages.py       sums of products stage by stage, in exact integers
parameters.py   zero points, multipliers, shifts, windows and clamps of an op, as a datapath takes them
vector.py       an array with what is known of it
manifest.py     what manifest.json holds
formats/        a file for each format, found by its name
"""

from __future__ import annotations

from .make import vectors
from .read import VectorFolder, read_vectors

__all__ = ["VectorFolder", "read_vectors", "vectors"]
