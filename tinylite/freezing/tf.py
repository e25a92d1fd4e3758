"""TensorFlow at arm's length: imported when it is first needed, quiet, and with errors that say what was wanted."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import FreezeError, MissingPackageError, TinyliteError

__all__ = ["explained", "quiet", "session_of", "tensorflow"]

_NEWS = re.compile(rb"[IWE]\d{4} |WARNING: All log messages before absl|To enable the following instructions")


def tensorflow(what: str = "joining a graph with its variables' values") -> Any:
    """The tensorflow package. Raises MissingPackageError, which says what to install and that `what` needs it."""
    if "tensorflow" in sys.modules and sys.modules["tensorflow"] is not None:
        return sys.modules["tensorflow"]
    try:
        with _log_level(), _without_news():
            import tensorflow
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise MissingPackageError(f"TensorFlow lacks a package that it needs: {error}", "Install it again") from error
        raise MissingPackageError(f"TensorFlow is not installed, and {what} needs it", "pip install 'tinylite[tensorflow]'") from None
    except ImportError as error:
        raise MissingPackageError(f"TensorFlow cannot be imported: {error}", "pip install 'tinylite[tensorflow]'") from error
    return tensorflow


@contextmanager
def _log_level() -> Iterator[None]:
    """Unless the user has set one, a level at which TensorFlow's C++ keeps to itself: its errors come as exceptions, too."""
    name = "TF_CPP_MIN_LOG_LEVEL"  # which is read when TensorFlow is loaded
    if name in os.environ:
        yield
        return
    os.environ[name] = "3"
    try:
        yield
    finally:
        os.environ.pop(name, None)


@contextmanager
def _without_news() -> Iterator[None]:
    """Leaves out what TensorFlow's C++ writes to stderr about the CPU and absent GPUs before it looks at its log level."""
    try:
        stderr = os.dup(2)
        sys.stderr.flush()
    except (OSError, AttributeError):  # there is none
        yield
        return
    with os.fdopen(stderr, "wb", closefd=True) as out, tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            written.seek(0)
            out.writelines(line for line in written if not _NEWS.match(line))


def session_of(graph: Any) -> Any:
    """A session that runs a graph as it is: to read variables, improving the graph first would be wasted time."""
    from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2

    options = config_pb2.GraphOptions(
        rewrite_options=rewriter_config_pb2.RewriterConfig(disable_meta_optimizer=True),
        optimizer_options=config_pb2.OptimizerOptions(opt_level=config_pb2.OptimizerOptions.L0),
    )
    return tensorflow().compat.v1.Session(graph=graph, config=config_pb2.ConfigProto(graph_options=options))


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
