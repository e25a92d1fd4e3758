"""SELECT_V2: x where the condition is true, y elsewhere; all three stretch."""

from __future__ import annotations

import numpy as np

from .common.broadcasting import broadcast
from .common.operator import Node, Shape, register
from .common.selecting import Selecting
from .common.versions import Versions


@register
class SelectV2(Selecting):
    code = "SELECT_V2"
    max_version = 2
    versions = Versions("2.2.0 2.12.0", types={"UINT32": 2})
    numpy = staticmethod(np.where)

    def shape(self, node: Node) -> Shape:
        return broadcast(node, *(node.input(index).shape for index in range(3)))
