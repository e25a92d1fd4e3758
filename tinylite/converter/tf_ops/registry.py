"""Where the translations of TensorFlow ops are registered, with what the converter must know of the ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..call import Call, Translation

__all__ = ["RANKS", "STAND_INS", "TRANSLATIONS", "Ranks", "translates"]

# The number of dimensions of each input, None where it can be any; or the inputs' numbers and shapes, as far as a node says.
Ranks = tuple["int | None", ...] | Callable[["Call"], Iterator[tuple[int, tuple[int, ...]]]]

TRANSLATIONS: dict[str, Translation] = {}
RANKS: dict[str, Ranks] = {}
STAND_INS: set[str] = set()


def translates(*ops: str, ranks: Ranks = (), stands_in: bool = False) -> Callable[[Translation], Translation]:
    """Register a function as the translation of these TensorFlow ops.

    `ranks` are those that the ops' inputs have. `stands_in` says that the custom op which it writes only stands in for the ops until a
    pass recognizes what is around it; one that is left is an error.
    """

    def register(translation: Translation) -> Translation:
        for op in ops:
            if op in TRANSLATIONS:
                raise NameError(f"{op} is translated twice: in {TRANSLATIONS[op].__module__} and in {translation.__module__}")
            TRANSLATIONS[op] = translation
            RANKS[op] = ranks
            STAND_INS.update([op] if stands_in else [])
        return translation

    return register
