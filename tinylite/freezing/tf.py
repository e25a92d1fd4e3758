"""TensorFlow at arm's length: imported when it is first needed, quiet, and with errors that say what was wanted."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import FreezeError, MissingPackageError, TinyliteError

__all__ = ["explained", "quiet", "tensorflow"]

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def tensorflow() -> Any:
    """The tensorflow package. Raises MissingPackageError, which says what to install."""
    asked = _LOG_LEVEL in os.environ
    if not asked:
        os.environ[_LOG_LEVEL] = "2"  # TensorFlow looks when it is loaded: what the CPU can do is no news here
    try:
        import tensorflow
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise MissingPackageError(f"TensorFlow lacks a package of its own: {error}", "Install it again") from error
        raise MissingPackageError(
            "TensorFlow is not installed, and joining a graph with its variables' values needs it", "pip install 'tinylite[tensorflow]'"
        ) from None
    except ImportError as error:
        raise MissingPackageError(f"TensorFlow cannot be imported: {error}", "pip install 'tinylite[tensorflow]'") from error
    finally:
        if not asked:
            os.environ.pop(_LOG_LEVEL, None)
    return tensorflow


@contextmanager
def quiet() -> Iterator[None]:
    """No advice from TensorFlow's and Keras' loggers inside the block, such as that a function is of TensorFlow 1."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def explained(problem: str, remedy: str | None = None) -> Iterator[None]:
    """What TensorFlow raises inside the block leaves it as a FreezeError: `problem`, and what TensorFlow says about it."""
    try:
        with quiet():
            yield
    except (TinyliteError, MemoryError):
        raise
    except Exception as error:  # TensorFlow and Keras raise whatever there is
        said = str(getattr(error, "message", None) or error).strip().rstrip(".") or type(error).__name__
        raise FreezeError(f"{problem}: {said}", remedy) from error
