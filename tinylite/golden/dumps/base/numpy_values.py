"""Arrays in NumPy's formats, as entries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....errors import FileError
from ....files.numpy_arrays import array_in
from .entry import Wanted, as_wanted

__all__ = ["array_reader"]


def array_reader(content_of: Callable[[], memoryview]) -> Callable[[Wanted], np.ndarray]:
    """Reads the array of the content of an .npy file, whose type and shape must be those that are wanted."""

    def read(wanted: Wanted) -> np.ndarray:
        content = content_of()
        try:
            value = array_in(content)
        except Exception as error:  # of numpy's reader of headers, of all types
            raise FileError(
                f"it is damaged, or not an array: {str(error)[:200]}", "Write it with numpy.save, without Python objects"
            ) from None
        return as_wanted(value, wanted)

    return read
