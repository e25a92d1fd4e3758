"""RESHAPE: the same elements in another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .common.operator import Node, Shape, register
from .common.reshaping import Reshaping, resolve
from .common.versions import Versions


@register
class Reshape(Reshaping):
    """Any type. The new shape is an input, or the option new_shape; one -1 in it means what is left."""

    code = "RESHAPE"
    example = "i8 1x7x7x64 [1,-1]"
    max_version = 1
    versions = Versions("1.5.0")
    reshapes = True
    input_count = (1, 2)

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        return given[0].reshape(given[1].tolist()) if len(given) == 2 else None

    def infer(self, node: Node) -> Sequence[Shape]:
        if node.optional(1) is not None:
            wanted = node.numbers(1)
        elif node.options is not None and node.options.new_shape is not None:
            wanted = list(node.options.new_shape)
            # The oldest files write a scalar's shape as [0].
            wanted = [] if wanted == [0] and node.input(0).size == 1 else wanted
        else:
            node.fail("it says its new shape neither by an input nor by its options")
        return [resolve(node, wanted)]
