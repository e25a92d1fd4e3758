"""Single ops: lines that say what an op is, ops of models cut out, and what the reference kernels say of them.

`CONV_2D i8 1x56x56x64 64x3x3x64 s2 same relu6` is a line; docs/benchmark-ops.md has its grammar.
"""

from __future__ import annotations

from .case import OpCase
from .distinct import ops_of
from .grammar import grammar_text
from .listing import read_counted_ops, read_ops
from .parsing import parse_op
from .verifying import verify

__all__ = ["OpCase", "grammar_text", "ops_of", "parse_op", "read_counted_ops", "read_ops", "verify"]
