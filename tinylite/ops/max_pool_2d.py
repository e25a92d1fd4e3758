"""MAX_POOL_2D: the largest element of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import register
from .common.pooling import Pooling

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel


@register
class MaxPool2D(Pooling):
    code = "MAX_POOL_2D"
    max_version = 3

    def kernels(self) -> dict[str, Kernel]:
        from ..kernels.pool import max_pool

        return max_pool
