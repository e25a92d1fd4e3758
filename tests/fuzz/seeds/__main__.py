"""Write graphs.zip: for each TensorFlow op two graphs of it, and those of control flow. Needs TensorFlow."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.converter import test_control_flow as new, test_control_flow_1 as old
from tests.converter.cases import CASES
from tests.converter.referee import frozen

from . import ARCHIVE

_EXAMPLES = 2
_LARGEST = 20_000  # bytes of a graph: what is larger is slow to damage and holds mostly constants
v1 = tf.compat.v1


def single(name: str) -> list[bytes]:
    """Graphs of one op."""
    found: list[bytes] = []

    @settings(max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(CASES[name], st.booleans())
    def examples(case: Any, unknown: bool) -> None:
        found.append(frozen(case, unknown)[0].as_graph_def().SerializeToString(deterministic=True))

    examples()
    return found


def with_functions(function: Any, feeds: list[np.ndarray]) -> bytes:
    """A graph whose loops and branches are functions."""
    made = tf.function(function).get_concrete_function(*[tf.TensorSpec(feed.shape, feed.dtype) for feed in feeds])
    return bytes(made.graph.as_graph_def().SerializeToString(deterministic=True))


def with_frames(function: Any, feeds: list[np.ndarray]) -> bytes:
    """A graph whose loops are made of Enter, Merge, Switch and Exit."""
    graph = tf.Graph()
    with graph.as_default():
        inputs = [v1.placeholder(feed.dtype, feed.shape, f"x{index}") for index, feed in enumerate(feeds)]
        outputs = [tf.identity(made, f"y{index}") for index, made in enumerate(tf.nest.flatten(function(*inputs)))]
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            made = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [output.op.name for output in outputs])
    return bytes(made.SerializeToString(deterministic=True))


def all_graphs() -> Iterator[tuple[str, bytes]]:
    for name in sorted(CASES):
        for index, content in enumerate(single(name)):
            yield f"{name}-{index}", content
    for name, (function, feeds) in new.CASES.items():
        yield f"functions-{name}", with_functions(function, feeds)
    v1.disable_control_flow_v2()
    v1.disable_resource_variables()
    for name, (function, feeds) in old.CASES.items():
        yield f"frames-{name}", with_frames(function, feeds)


if __name__ == "__main__":
    with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in all_graphs():
            if len(content) <= _LARGEST:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
