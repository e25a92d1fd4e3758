"""How a model is quantized: in one word, which ops stay in float, and every tensor's scale, zero point and range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files.graphdef import GraphDef, read_graph_def, read_meta_graph, read_saved_model
from ..model import Graph, Model, Op, Tensor
from ..ops import facts_of
from ..quantization_math import integer_limits
from ..quantize.ranges import rule
from .describe import new_table, short
from .describe_fake_quants import describe_nodes

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable

    from ..files.file_formats import FileFormat

__all__ = ["describe", "describe_file", "describe_graph_def", "tables"]

_INTEGERS = ("UINT8", "INT8", "INT16", "INT4", "INT32")
_REALS = ("FLOAT32", "FLOAT16", "BFLOAT16", "FLOAT64")
_BYTES = ("UINT8", "INT8", "INT16")
_SENTENCES = {
    "float": "nothing is quantized",
    "fake-quantized": "it computes on floats that are rounded as integers would be: convert it with --inference_type QUANTIZED_UINT8",
    "weights only": "weights are stored smaller, and all that is computed is float",
    "partly quantized": "some ops compute on integers, and some on floats",
    "fully quantized": "all that is computed are integers",
}

_NAMES = ("name", "of", "FakeQuant", "why", "output", "layer", "data", "weights")  # columns of names
_PLACES = {"input": "of inputs", "output": "of outputs", "weights": "of constants", "between": "between ops"}


def describe_file(path: str, kind: FileFormat) -> dict[str, Any]:
    """A .tflite file, a GraphDef, a MetaGraphDef or a SavedModel, as `kinds` has identified it. Raises FileError for others."""
    if kind.id == "graph":
        return describe_graph_def(read_graph_def(path))
    if kind.id == "meta graph":
        return describe_graph_def(read_meta_graph(path).graph)
    if kind.id == "saved model":
        return describe_graph_def(*(entry.graph for entry in read_saved_model(path)))
    return describe(Model.load(path))


def describe(model: Model) -> dict[str, Any]:
    """A .tflite model: `kind` is "float", "fake-quantized", "weights only", "partly quantized" or "fully quantized"."""
    graphs = [_Quantized(index, graph) for index, graph in enumerate(model.graphs)]
    stored = [t for graph in model.graphs for t in graph.all_tensors() if (_scaled(t) and t.type != "INT32") or _half(t)]
    if any(graph.integer_ops for graph in graphs):
        kind = "partly quantized" if any(graph.float_ops for graph in graphs) else "fully quantized"
    elif any(graph.rounds for graph in graphs):
        kind = "fake-quantized"
    else:
        kind = "weights only" if any(tensor.is_constant for tensor in stored) else "float"
    return {
        "path": model.source, "kind": kind, "types": sorted({str(tensor.type) for tensor in stored}), "means": _SENTENCES[kind],
        "graphs": [graph.told() for graph in graphs],
    }  # fmt: skip


def describe_graph_def(*graphs: GraphDef) -> dict[str, Any]:
    """A TensorFlow graph, or those of a SavedModel: its FakeQuants with their ranges, and its layers with theirs (see `describe_nodes`)."""
    found = [describe_nodes(graph) for graph in graphs]
    fake_quants, layers = ([entry for graph in found for entry in graph[part]] for part in ("fake_quants", "layers"))
    kind = "fake-quantized" if fake_quants else "float"
    held = any(entry["min"] is None for entry in fake_quants)  # by variables
    means = _SENTENCES[kind].replace("convert it", "freeze it, then convert it") if held else _SENTENCES[kind]
    return {"path": graphs[0].source, "kind": kind, "types": [], "means": means, "fake_quants": fake_quants, "layers": layers}


def _scaled(tensor: Tensor) -> bool:
    return tensor.quantization_params is not None and tensor.type in _INTEGERS


def _half(tensor: Tensor) -> bool:
    return tensor.is_constant and tensor.type in ("FLOAT16", "BFLOAT16")


class _Quantized:
    """A graph, and which of its ops compute on what."""

    def __init__(self, index: int, graph: Graph) -> None:
        self.index = index
        self.graph = graph
        read = {id(tensor) for op in graph.ops if op.code == "DEQUANTIZE" for tensor in op.inputs}
        # Floats that pass through integers at once are only rounded.
        rounding = {id(op) for op in graph.ops if op.code == "QUANTIZE" and id(op.outputs[0]) in read and _real(op.inputs)}
        self.rounds = bool(rounding) or any(op.code == "FAKE_QUANT" for op in graph.ops)
        # Integers that are computed; what is picked from stored weights is not.
        own = {id(tensor) for tensor in graph.inputs if _scaled(tensor)}
        self.integer_ops: list[Op] = []
        for op in graph.ops:
            reads = any(id(tensor) in own for tensor in op.inputs)
            if id(op) in rounding or not (reads or op.code == "QUANTIZE"):
                continue
            own.update(id(tensor) for tensor in op.outputs if _scaled(tensor))
            if not facts_of(op).converts:
                self.integer_ops.append(op)
        self.float_ops = [op for op in graph.ops if not facts_of(op).converts and self.computes_on_floats(op)]

    def computes_on_floats(self, op: Op) -> bool:
        """Not so if it turns integers into the floats that the model returns, as TFLite_Detection_PostProcess does."""
        if not any(op is other for other in self.integer_ops):
            return bool(_real([*op.inputs, *op.outputs]))
        given = {id(tensor) for tensor in self.graph.outputs}
        return bool(_real(op.inputs)) or any(id(tensor) not in given for tensor in _real(op.outputs))

    def told(self) -> dict[str, Any]:
        places = {id(op): place for place, op in enumerate(self.graph.ops)}
        types = Counter(str(t.type) for op in self.integer_ops for t in (*op.inputs, *op.outputs) if t is not None and t.type in _BYTES)
        type = types.most_common(1)[0][0] if types else None
        return {
            "index": self.index,
            "name": self.graph.name,
            "ops": len(self.graph.ops),
            "integer_ops": len(self.integer_ops),
            "float_ops": [
                {
                    "index": places[id(op)], "name": short(op.name), "output": short(op.outputs[0].name) if op.outputs else None,
                    "why": _why(op, type),
                }
                for op in self.float_ops
            ],
            "conversions": [{"index": places[id(op)], **self.conversion(op)} for op in self.graph.ops if facts_of(op).converts],
            "fake_quants": [
                {
                    "input": short(op.inputs[0].name) if op.inputs[0] is not None else None, "min": op.options.min, "max": op.options.max,
                    "bits": op.options.num_bits, "narrow": op.options.narrow_range,
                }
                for op in self.graph.ops if op.code == "FAKE_QUANT" and op.options is not None
            ],
            "tensors": [_tensor(number, tensor) for number, tensor in enumerate(self.graph.all_tensors())],
        }  # fmt: skip

    def conversion(self, op: Op) -> dict[str, Any]:
        """A QUANTIZE or DEQUANTIZE, from which type to which, and where: at the "input", the "output", of "weights", or "between" ops."""
        x, y = op.inputs[0], op.outputs[0]
        ends = (("input", self.graph.inputs, x), ("output", self.graph.outputs, y))
        place = next((where for where, tensors, tensor in ends if any(tensor is end for end in tensors)), "between")
        if x is None or x.is_constant:
            place = "weights"
        return {
            "name": short(op.name),
            "from": None if x is None else str(x.type),
            "to": str(y.type),
            "output": short(y.name),
            "place": place,
        }


def _real(tensors: Sequence[Tensor | None]) -> list[Tensor]:
    return [tensor for tensor in tensors if tensor is not None and tensor.type in _REALS]


def _why(op: Op, type: str | None) -> str | None:
    """Why an op computes on floats beside others that compute on integers of a type."""
    if type is None:
        return None
    if rule(op, type) is None:
        return f"tinylite knows no {type} form of it"
    lacking = [repr(short(tensor.name)) for tensor in _real([*op.inputs, *op.outputs]) if not tensor.is_constant]
    return f"{', '.join(lacking[:3])}{' ...' if len(lacking) > 3 else ''} {'has' if len(lacking) == 1 else 'have'} no scale"


def _tensor(number: int, tensor: Tensor) -> dict[str, Any]:
    found: dict[str, Any] = {"index": number, "name": tensor.name, "type": str(tensor.type), "constant": tensor.is_constant}
    quantization = tensor.quantization
    if quantization is None or not _scaled(tensor):
        return {**found, "scale": [], "zero_point": [], "quantized_dimension": None, "min": None, "max": None}
    scale = quantization.scale.astype(np.float64)
    zero = quantization.zero_point if quantization.zero_point.size == scale.size else np.zeros(scale.size, np.int64)
    with np.errstate(all="ignore"):
        low, high = ((end - zero.astype(np.float64)) * scale for end in integer_limits(str(tensor.type)))
    return {
        **found,
        "scale": [float(f"{value:.9g}") for value in scale],
        "zero_point": zero.tolist(),
        "quantized_dimension": quantization.quantized_dimension if scale.size > 1 else None,
        "min": float(low.min()),
        "max": float(high.max()),
    }


# ---- for people


def tables(description: dict[str, Any]) -> Iterator[RenderableType]:
    """The description as rich tables, one after the other."""
    from rich.text import Text

    types = f" ({', '.join(description['types'])})" if description["types"] else ""
    yield Text(f"{description['kind']}{types}: {description['means']}\n")
    if description.get("fake_quants"):
        rows = _table("FakeQuant", "of", "min", "max", "bits", title="FakeQuants")
        for entry in description["fake_quants"]:
            rows.add_row(entry["name"], entry["input"] or "", *(_end(entry[end]) for end in ("min", "max")), _bits(entry))
        yield rows
        if description["layers"]:
            yield from _layer_tables(description["layers"])
    for graph in description.get("graphs", ()):
        yield from _graph_tables(graph, description["kind"])


def _table(*columns: str, title: str) -> RichTable:
    """A table in which numbers stay whole, and names break where they must."""
    table = new_table(*columns, title=title)
    for column in table.columns:
        column.no_wrap = column.header not in _NAMES
    return table


def _bits(entry: dict[str, Any]) -> str:
    return f"{entry['bits']}{', narrow' if entry['narrow'] else ''}"


def _end(values: list[float] | None) -> str:
    if not values:
        return "variable"
    return f"{values[0]:.6g}" if len(values) == 1 else f"{len(values)}: {min(values):.4g}..{max(values):.4g}"


def _layer_tables(layers: list[dict[str, Any]]) -> Iterator[RenderableType]:
    from rich.text import Text

    sides = ("weights", "data", "output")
    lacking = [layer for layer in layers if any(layer[side]["range"] is None for side in sides)]
    if not lacking:
        yield Text("Every layer has a range for its weights, data and output\n")
        return
    title = f"{len(lacking)} of {len(layers)} layers without a FakeQuant, and where it is missing"
    rows = _table("layer", "op", *sides, title=title)
    for layer in lacking:
        where = zip(("of", "before", "after"), (layer[side] for side in sides), strict=True)
        rows.add_row(layer["name"], layer["op"], *("" if found["range"] else f"{place} {found['tensor']}" for place, found in where))
    yield rows


def _graph_tables(graph: dict[str, Any], kind: str) -> Iterator[RenderableType]:
    from rich.text import Text

    title = f"Graph {graph['index']} {graph['name'] or ''}".rstrip()
    integer, floats = graph["integer_ops"], len(graph["float_ops"])
    conversions = Counter(f"{entry['name']} {_PLACES[entry['place']]}" for entry in graph["conversions"])
    counted = [f"{integer} on integers", f"{floats} on floats", *(f"{count} {name}" for name, count in conversions.items())]
    others = graph["ops"] - integer - floats - conversions.total()
    counted += [f"{others} on other things"] if others > 0 else []
    yield Text(f"{title}: of {graph['ops']} ops, {', '.join(counted)}\n")
    if graph["float_ops"] and kind == "partly quantized":
        rows = _table("op", "operator", "output", "why", title=f"{title}: ops that stay in float")
        for op in graph["float_ops"]:
            rows.add_row(str(op["index"]), op["name"], op["output"] or "", op["why"] or "")
        yield rows
    if graph["fake_quants"]:
        rows = _table("of", "min", "max", "bits", title=f"{title}: FAKE_QUANT ops")
        for entry in graph["fake_quants"]:
            rows.add_row(entry["input"] or "", f"{entry['min']:.6g}", f"{entry['max']:.6g}", _bits(entry))
        yield rows
    rows = _table("", "name", "type", "scale", "zero", "real numbers", title=f"{title}: tensors, real = scale * (stored - zero)")
    for tensor in graph["tensors"]:
        scale, zero = tensor["scale"], tensor["zero_point"]
        if len(scale) > 1:
            scales = f"{min(scale):.3g}..{max(scale):.3g}\n{len(scale)} along {tensor['quantized_dimension']}"
            zeros = str(zero[0]) if len(set(zero)) == 1 else f"{min(zero)}..{max(zero)}"
        else:
            scales, zeros = (f"{scale[0]:.7g}", str(zero[0])) if scale else ("", "")
        real = "" if tensor["min"] is None or tensor["type"] == "INT32" else f"{tensor['min']:.4g}..{tensor['max']:.4g}"
        rows.add_row(str(tensor["index"]), tensor["name"] or "", tensor["type"], scales, zeros, real)
    yield rows
