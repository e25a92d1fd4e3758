"""Lookup tables whose keys and values are constants, set once as variables are."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ..call import Call
from ..shapes import partial_shape
from .registry import translates

_TYPES = {("STRING", "INT64"), ("INT64", "STRING")}
_REMEDY = "Look words up before the model runs and cut the graph after it (input_arrays), or gather from a constant"


@translates("HashTable", "HashTableV2")
def table(call: Call) -> Tensor:
    types = str(call.attribute("key_dtype")), str(call.attribute("value_dtype"))
    call.require(
        types in _TYPES, f"its table leads from {types[0]} to {types[1]}, and the operator's from STRING to INT64 or back", _REMEDY
    )
    entries = call.node.attributes.get("entries")
    if entries is None:
        call.fail("its table is filled outside of the graph", _REMEDY)
    number = _number(call, entries)
    options = {"table_id": number, "key_dtype": types[0], "value_dtype": types[1]}
    call.translator.tables[number] = options, entries
    return call.emit("HASHTABLE", [], "RESOURCE", (1,), **options)


def _number(call: Call, entries: Sequence[np.ndarray]) -> int:
    """The same for the same table in each graph of a file, and none that a runtime assigns to variables, which count from 0."""
    names = [call.node.name, call.attribute("shared_name", ""), *(str(values.tolist()) for values in entries)]
    return 1 << 30 | zlib.crc32("\0".join(names).encode()) >> 2


@translates("LookupTableFind", "LookupTableFindV2")
def find(call: Call) -> Tensor:
    made, keys, otherwise = call.inputs
    return call.emit("HASHTABLE_FIND", [made, keys, otherwise], call.attribute("Tout"), partial_shape(keys))


@translates("LookupTableSize", "LookupTableSizeV2")
def size(call: Call) -> Tensor:
    """The operator returns one number in a vector."""
    return call.reshape(call.emit("HASHTABLE_SIZE", [call.input(0)], "INT64", (1,)), ())
