"""Where the translations of TensorFlow ops are registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..translate import Translation

__all__ = ["TRANSLATIONS", "translates"]

TRANSLATIONS: dict[str, Translation] = {}


def translates(*ops: str) -> Callable[[Translation], Translation]:
    """Register a function as the translation of these TensorFlow ops."""

    def register(translation: Translation) -> Translation:
        for op in ops:
            if op in TRANSLATIONS:
                raise NameError(f"{op} is translated twice")
            TRANSLATIONS[op] = translation
        return translation

    return register
