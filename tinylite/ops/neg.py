"""NEG: -x."""

from __future__ import annotations

import numpy as np

from .common.lookup import stored_values
from .common.operator import Node, Value, register
from .common.unary import Unary
from .common.versions import Versions


@register
class Neg(Unary):
    """INT8 negates the stored value and looks at neither scale nor zero point, as LiteRT does; -128 stays."""

    code = "NEG"
    versions = Versions("1.9.0")
    plain_types = "FLOAT32 FLOAT16 INT8 INT16 INT32 INT64"
    types = ("FLOAT32", "INT8", "INT16", "INT32", "INT64")
    kernel = "neg"

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        negated = -stored_values(input.type)
        return np.where(negated == 128, -128, negated)
