"""TensorFlow ops computed on constants, with numpy, in the op's own type.

A module holds the ops of one kind; what needs none of them is in `registry`. Ops of constants that few graphs have are in tf_ops.
"""

from __future__ import annotations

from . import elementwise, indexing, reductions, shaping  # which register their ops
from .fake_quants import FAKE_QUANTS, told_range
from .registry import FOLDERS, SAME_VALUES, UNKNOWN, fold, folds
from .strings import string_buffer, texts

__all__ = [
    "FAKE_QUANTS", "FOLDERS", "SAME_VALUES", "UNKNOWN", "elementwise", "fold", "folds", "indexing", "reductions", "shaping",
    "string_buffer", "texts", "told_range",
]  # fmt: skip
