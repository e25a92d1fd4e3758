"""AVERAGE_POOL_2D: the mean of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import register
from .common.pooling import Pooling

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel


@register
class AveragePool2D(Pooling):
    code = "AVERAGE_POOL_2D"
    max_version = 3

    def kernels(self) -> dict[str, Kernel]:
        from ..kernels.pool import average_pool

        return average_pool
