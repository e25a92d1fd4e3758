"""AVERAGE_POOL_2D: the mean of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import register
from .common.pooling import Pooling
from .common.versions import Versions

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel


@register
class AveragePool2D(Pooling):
    code = "AVERAGE_POOL_2D"
    example = "i8 1x7x7x1024 k7 valid"
    max_version = 3
    versions = Versions("1.5.0 1.14.0 2.3.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32"

    def kernels(self) -> dict[str, Kernel]:
        from ..kernels.pool import average_pool

        return average_pool
