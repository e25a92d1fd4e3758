"""What a model's metadata says of its inputs and outputs: how pictures and sound become numbers, and which file has the labels.

The metadata entry TFLITE_METADATA is a flatbuffer inside of the file. Nothing of it is trusted: it is read by the decoder that reads
models, and numbers that cannot be what they say are not used, with a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..schema.decode import decode
from ..schema.table import FormatError, Table
from ..schema.tables import METADATA_IDENTIFIER, METADATA_ROOT
from .model import Model

__all__ = ["EndFacts", "all_facts", "end_facts"]

NAME = "TFLITE_METADATA"
_MOST_CHANNELS = 4096
_RATES = range(1, 1_000_001)  # Hz


@dataclass
class EndFacts:
    """What is known of an input or output: real = (value - mean) / std, one of each or one a channel; sound's rate in Hz and channels.

    `axis_labels` are names of attached files with a label for each place along the last dimension, `value_labels` of those with one for
    each value. What the metadata does not say is None or empty.
    """

    name: str | None = None
    content: str | None = None  # "FeatureProperties", "ImageProperties", "BoundingBoxProperties" or "AudioProperties"
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    rate: int | None = None
    channels: int | None = None
    axis_labels: list[str] = field(default_factory=list)
    value_labels: list[str] = field(default_factory=list)

    def text(self) -> str:
        """All that is known but the name, on one line."""
        parts = [self.content.removesuffix("Properties").lower()] if self.content else []
        if self.mean is not None and self.std is not None:
            parts.append(f"mean {_shown(self.mean)}, std {_shown(self.std)}")
        if self.rate is not None:
            parts.append(f"{self.rate} Hz")
        if self.channels is not None:
            parts.append(f"{self.channels} channel{'' if self.channels == 1 else 's'}")
        parts += [f"labels {name}" for name in self.axis_labels] + [f"labels of values {name}" for name in self.value_labels]
        return "; ".join(parts)


def end_facts(model: Model, graph: int = 0) -> tuple[list[EndFacts], list[EndFacts], list[str]]:
    """What is known of each input and of each output of a graph, and notes on what of the metadata cannot be used."""
    notes: list[str] = []
    inputs, outputs = _graph_facts(model, _root(model, notes), graph, notes)
    return inputs, outputs, notes


def all_facts(model: Model) -> tuple[list[tuple[list[EndFacts], list[EndFacts]]], list[str]]:
    """The same of every graph, and all notes."""
    notes: list[str] = []
    root = _root(model, notes)
    return [_graph_facts(model, root, graph, notes) for graph in range(len(model.graphs))], notes


def _graph_facts(model: Model, root: Table | None, graph: int, notes: list[str]) -> tuple[list[EndFacts], list[EndFacts]]:
    ends = model.graphs[graph]
    described = root.subgraph_metadata or () if root is not None else ()
    table = described[graph] if graph < len(described) else None
    sides = []
    for side, count in (("input", len(ends.inputs)), ("output", len(ends.outputs))):
        entries: Sequence[Table] = () if table is None else getattr(table, f"{side}_tensor_metadata") or ()
        if entries and len(entries) != count:
            notes.append(f"the metadata describes {len(entries)} {side}s of graph {graph}, which has {count}, and is not used for them")
            entries = ()
        found = [_facts(entry, f"{side} {number}", notes) for number, entry in enumerate(entries)]
        sides.append(found or [EndFacts() for _ in range(count)])
    return sides[0], sides[1]


def _root(model: Model, notes: list[str]) -> Table | None:
    content = next((entry.data for entry in model.metadata if entry.name == NAME), None)
    if content is None or not content.size:
        return None
    try:
        return decode(np.ascontiguousarray(content), METADATA_ROOT, METADATA_IDENTIFIER)
    except FormatError as error:
        notes.append(f"the metadata {NAME} is damaged and not used: {error}")
        return None


def _facts(entry: Table, end: str, notes: list[str]) -> EndFacts:
    facts = EndFacts(entry.name)
    properties = entry.content.content_properties if entry.content is not None else None
    if properties is not None:
        facts.content = properties.table
        if properties.table == "AudioProperties":
            facts.rate = _within(properties.sample_rate, _RATES, f"the sample rate of {end}", notes)
            facts.channels = _within(properties.channels, range(1, 65), f"the number of channels of {end}", notes)
    for unit in entry.process_units or ():
        options = unit.options
        if options is not None and options.table == "NormalizationOptions" and facts.std is None:
            facts.mean, facts.std = _normalization(options, end, notes)
    for kind, name in _files(entry.associated_files or ()):
        if kind in ("TENSOR_AXIS_LABELS", "TENSOR_VALUE_LABELS"):
            (facts.axis_labels if kind == "TENSOR_AXIS_LABELS" else facts.value_labels).append(name)
    return facts


def _within(value: int, allowed: range, what: str, notes: list[str]) -> int | None:
    if value and value not in allowed:
        notes.append(f"the metadata says {value} for {what}, which cannot be, and is not used")
    return value if value in allowed else None


def _normalization(options: Table, end: str, notes: list[str]) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    mean, std = (np.asarray([] if given is None else given, np.float32) for given in (options.mean, options.std))
    sizes = {mean.size, std.size} - {1}
    usable = mean.size and std.size and len(sizes) <= 1 and max(mean.size, std.size) <= _MOST_CHANNELS
    if not usable or not np.isfinite(mean).all() or not np.isfinite(std).all() or not (std != 0).all():
        if mean.size or std.size:
            notes.append(f"the metadata's mean and std of {end} cannot be used: {_shown(mean)} and {_shown(std)}")
        return None, None
    return tuple(map(float, mean)), tuple(map(float, std))


def _shown(numbers: Any) -> str:
    return f"{[float(f'{number:.6g}') for number in numbers[:4]]}" + (f" and {len(numbers) - 4} more" if len(numbers) > 4 else "")


def _files(entries: Iterable[Table]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if entry.name:
            yield str(entry.type), entry.name
