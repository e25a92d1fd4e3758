"""Files of ops: one line each, as `--ops FILE` reads them and `--ops-of MODEL` prints them."""

from __future__ import annotations

import os
import re

from ...errors import FileError, SettingError, at
from .case import OpCase
from .parsing import parse_op

__all__ = ["read_counted_ops", "read_ops"]

_LARGEST = 16_000_000  # bytes of a file
_MOST_COUNT = 10**9
_COUNT = re.compile(r"\s*([0-9]{1,12})\s+x\s+(?=\S)")


def read_ops(path: str | os.PathLike[str]) -> list[OpCase]:
    """The ops of a file, one for each line. Raises what `read_counted_ops` raises."""
    return [case for case, _ in read_counted_ops(path)]


def read_counted_ops(path: str | os.PathLike[str]) -> list[tuple[OpCase, int]]:
    """The ops of a file with how often each is there: `13 x CONV_2D ...`, once without a number.

    Empty lines, and what follows a `#`, are left out. Raises FileError for a file that cannot be read or is not text in UTF-8, and what
    `parse_op` raises, with file and line.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else "it is not text in UTF-8"
        raise FileError(f"{name}: the ops cannot be read: {reason}", "Give a text file with one op a line") from None
    if len(content) > _LARGEST:
        raise FileError(f"{name}: it has more than {_LARGEST} bytes", "Give a text file with one op a line")
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        said = line.split("#", 1)[0].strip()
        if not said:
            continue
        with at(f"{name}, line {number}"):
            count = _COUNT.match(said)
            times = int(count[1]) if count else 1
            if not 1 <= times <= _MOST_COUNT:
                raise SettingError(f"the op is there {times} times", f"Give a number from 1 to {_MOST_COUNT}")
            found.append((parse_op(said[count.end() :] if count else said), times))
    if not found:
        raise FileError(f"{name}: it has no op", "Write one op a line, such as RELU f32 1x8x8x16")
    return found
