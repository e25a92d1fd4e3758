"""Lookup tables that a function captured, as nodes of its graph that make and fill them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .inline_variables import make_const
from .tf import tensorflow

__all__ = ["add_tables"]


def add_tables(graph_def: Any, handles: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Make the Placeholders that represent tables into tables, whose entries are those of `handles`.

    Returns the nodes that fill them, and the names of the Placeholders that represent something else.
    """
    nodes = {node.name: node for node in graph_def.node}
    types = sorted(set(_types(graph_def)))
    setters, others = [], []
    for name, handle in handles.items():
        entries = _entries(handle, types)
        if entries is None:
            others.append(name)
            continue
        node = nodes[name]
        node.op = "HashTableV2"
        node.attr.clear()
        node.attr["use_node_name_sharing"].b = True
        setter = graph_def.node.add(name=f"{name}/fill", op="LookupTableImportV2", input=[name])
        for key, of_table, of_setter in (("keys", "key_dtype", "Tin"), ("values", "value_dtype", "Tout")):
            const = graph_def.node.add(name=f"{name}/{key}")
            make_const(const, entries[key])
            setter.input.append(const.name)
            node.attr[of_table].type = setter.attr[of_setter].type = const.attr["dtype"].type
        setters.append(setter.name)
    return setters, others


def _types(graph_def: Any) -> Iterator[tuple[int, int]]:
    """What the tables that a graph reads may lead from and to."""
    for nodes in (graph_def.node, *(function.node_def for function in graph_def.library.function)):
        yield from ((node.attr["Tin"].type, node.attr["Tout"].type) for node in nodes if node.op == "LookupTableFindV2")


def _entries(handle: Any, types: list[tuple[int, int]]) -> dict[str, Any] | None:
    """The keys and values of a table, which has one pair of these types; None if it is none, or has no entries yet.

    Looking nothing up fails for other types; reading a table as what it is not would end the process.
    """
    tf = tensorflow()
    for pair in types:
        key, value = map(tf.as_dtype, pair)
        try:
            with tf.init_scope():
                tf.raw_ops.LookupTableFindV2(table_handle=handle, keys=tf.zeros([0], key), default_value=tf.zeros([], value))
                found = tf.raw_ops.LookupTableExportV2(table_handle=handle, Tkeys=key, Tvalues=value)
                return {"keys": found.keys.numpy(), "values": found.values.numpy()}
        except (tf.errors.OpError, AttributeError, TypeError, ValueError):
            continue
    return None
