"""Ops that cannot be expressed in TFLite, of which more can be said than that."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Tensor
from ..call import Call
from .registry import translates

_TABLES = ("MutableHashTable", "MutableHashTableV2", "MutableDenseHashTable", "MutableDenseHashTableV2", "LookupTableImport",
           "LookupTableImportV2", "LookupTableInsertV2", "InitializeTable", "InitializeTableV2", "LookupTableExportV2")  # fmt: skip


@translates(*_TABLES)
def table(call: Call) -> Sequence[Tensor]:
    call.fail(
        "it fills a table, and a .tflite file has only tables that stay what they are",
        "Look words up before the model runs and cut the graph after it (input_arrays), or gather from a constant",
    )


@translates(
    "IteratorGetNext", "OneShotIterator", "IteratorV2", "Iterator", "QueueDequeueV2", "QueueDequeueManyV2", "QueueDequeueUpToV2",
)  # fmt: skip
def pipeline(call: Call) -> Sequence[Tensor]:
    call.fail("it reads a data set, which is not part of a model", "Name what it returns as the model's inputs (input_arrays)")


@translates("RngReadAndSkip", "StatelessRandomGetKeyCounter", "StatelessRandomUniformV2", "StatelessRandomNormalV2")
def draw(call: Call) -> Sequence[Tensor]:
    call.fail(
        "it draws random numbers from a generator's state, which no operator does",
        "Save the model for inference (training=False): layers that drop or augment draw none then",
    )
