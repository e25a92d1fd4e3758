"""Ops that have no form, of which more can be said than that."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Tensor
from ..translate import Call
from .registry import translates

_TABLES = ("HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2", "LookupTableFind", "LookupTableFindV2",
           "LookupTableImport", "LookupTableImportV2", "LookupTableSize", "LookupTableSizeV2", "InitializeTable", "InitializeTableV2",
           "LookupTableExportV2")  # fmt: skip


@translates(*_TABLES)
def table(call: Call) -> Sequence[Tensor]:
    call.fail(
        "its table is filled outside of the graph, and freezing keeps no tables",
        "Look words up before the model runs and cut the graph behind it (input_arrays), or gather from a constant",
    )
