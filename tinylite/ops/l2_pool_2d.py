"""L2_POOL_2D: the root of the mean square of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import Node, register
from .common.pooling import Pooling
from .common.versions import Versions

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel


@register
class L2Pool2D(Pooling):
    code = "L2_POOL_2D"
    example = "f32 1x28x28x16 k2 s2 valid"
    versions = Versions("1.5.0")
    quantized = None
    types = ("FLOAT32",)

    def operations(self, node: Node) -> int:
        return 2 * super().operations(node)  # each element is squared

    def kernels(self) -> dict[str, Kernel]:
        from ..kernels.pool import l2_pool

        return l2_pool
