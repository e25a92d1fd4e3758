"""MAX_POOL_2D: the largest element of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import register
from .common.pooling import Pooling
from .common.versions import Versions

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel


@register
class MaxPool2D(Pooling):
    code = "MAX_POOL_2D"
    example = "i8 1x56x56x64 k3 s2 same"
    methods = ("xnnpack",)
    max_version = 3
    versions = Versions("1.5.0 1.14.0 2.3.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32"

    def kernels(self) -> dict[str, Kernel]:
        from ..kernels.pool import max_pool

        return max_pool
