"""Damaged models: a mutant is a small model with a few bytes changed, and its number says which model and which bytes.

`python -m tests.mutants SET FIRST COUNT` tries mutants one after the other and prints the number of each before it starts, so that
whoever reads along knows which one a crash or a hang belongs to; tests/test_mutations.py does. With a COUNT of 1 it also says
what became of that one.
"""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import math
import mmap
import os
import pkgutil
import resource
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tinylite import TinyliteError, kernels, memory
from tinylite.describe import describe, tables
from tinylite.interpreter import Interpreter
from tinylite.kernels.kernel import KERNELS
from tinylite.kernels.store import addresses
from tinylite.model import Graph, Model, Op, Signature, Tensor
from tinylite.schema.decode import decode
from tinylite.schema.encode import encode
from tinylite.schema.fields import Kind
from tinylite.schema.table import Table, fields_of
from tinylite.schema.tables import ENUMS

from .cases import Case, T
from .ops.unidirectional_sequence_lstm import float_lstm, integer_lstm

MEMORY = 16 << 20  # what a plan may take; the models need some kilobytes
TURNS = 1000  # how often a loop may turn
ADDRESS_SPACE = 512 << 20  # what a process may take beyond what it has before the first mutant
SECONDS = 20.0  # for one mutant: what fits into MEMORY is computed in less

# What offsets, lengths, indices, dimensions, options and scales are when they are wrong.
_NUMBERS = np.array([0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 1000, 32768, 65535, 65536, 1 << 20, 1 << 24, 1 << 30, (1 << 31) - 1,
                     1 << 31, (1 << 32) - 1, (1 << 32) - 2, (1 << 32) - 128], np.uint32)  # fmt: skip
_FLOATS = np.array([0, -1, 1, 0.5, 1e-30, 1e-45, 1e30, 3e38, np.inf, -np.inf, np.nan], np.float32).view(np.uint32)
_INTERESTING = np.concatenate([_NUMBERS, _FLOATS])

# ---- the models


def conv() -> Model:
    """Convolution, INT8, a scale for each filter."""
    rng = np.random.default_rng(1)
    filters = T((4, 3, 3, 2), "INT8", scale=[0.01, 0.02, 0.03, 0.04], data=rng.integers(-127, 128, (4, 3, 3, 2)))
    bias = T((4,), "INT32", scale=[1e-4, 2e-4, 3e-4, 4e-4], data=rng.integers(-100, 100, 4))
    options = {"padding": "SAME", "stride_h": 1, "stride_w": 2, "fused_activation_function": "RELU6"}
    input, output = T((1, 6, 6, 2), "INT8", scale=0.01, zero=3), T((1, 6, 3, 4), "INT8", scale=0.03, zero=-128)
    return Case("CONV_2D", [input, filters, bias], [output], options).model()


def strided_slice() -> Model:
    """A slice whose masks and strides are numbers in the file."""
    bounds = [T((3,), "INT32", data=values) for values in ([0, 1, 0], [2, -1, 9], [1, 2, 3])]
    options = {"begin_mask": 1, "end_mask": 4, "shrink_axis_mask": 0}
    return Case("STRIDED_SLICE", [T((2, 5, 8)), *bounds], [T((2, 2, 3))], options).model()


def gather() -> Model:
    """Rows picked by indices that are an input, so that they are only known when it runs."""
    return Case("GATHER", [T((2, 5, 3), "INT16", data=np.arange(30)), T((2, 4), "INT32")], [T((2, 2, 4, 3), "INT16")], {"axis": 1}).model()


def shapes() -> Model:
    """RESHAPE and TRANSPOSE by values that an input gives: plans that are cut."""
    x, shape, y = Tensor("x", (2, 6)), Tensor("shape", (2,), "INT32"), Tensor("y", (3, 4))
    order, z = Tensor("order", (2,), "INT32"), Tensor("z", (4, 3))
    order.data = np.array([1, 0], np.int32)
    ops = [Op("RESHAPE", [x, shape], [y]), Op("TRANSPOSE", [y, order], [z])]
    return Model([Graph("main", [x, shape], [z], ops, [x, shape, y, order, z])])


def classifier() -> Model:
    """Several ops in a row, two graphs and signatures."""
    rng = np.random.default_rng(2)
    x, k, a = Tensor("x", (1, 6, 6, 1)), Tensor("k", (1, 3, 3, 4)), Tensor("a", (1, 4, 4, 4))
    b, size, c = Tensor("b", (1, 2, 2, 4)), Tensor("size", (2,), "INT32"), Tensor("c", (1, 16))
    w, d, y, s = Tensor("w", (3, 16)), Tensor("d", (1, 3)), Tensor("y", (1, 3)), Tensor("s", (1, 3))
    k.data, w.data = rng.normal(size=k.shape).astype(np.float32), rng.normal(size=w.shape).astype(np.float32)
    size.data = np.array([1, 16], np.int32)
    window = {"stride_h": 1, "stride_w": 1, "padding": "VALID"}
    ops = [
        Op("DEPTHWISE_CONV_2D", [x, k], [a], depth_multiplier=4, **window),
        Op("AVERAGE_POOL_2D", [a], [b], filter_height=2, filter_width=2, **{**window, "stride_h": 2, "stride_w": 2}),
        Op("RESHAPE", [b, size], [c]),
        Op("FULLY_CONNECTED", [c, w, None], [d]),
        Op("RELU", [d], [y]),
        Op("SOFTMAX", [d], [s], beta=1.0),
    ]
    graph = Graph("main", [x], [y, s], ops, [x, k, a, b, size, c, w, d, y, s])
    p, q, r = Tensor("p", (2, 3)), Tensor("q", (3,)), Tensor("r", (2, 3))
    other = Graph("other", [p, q], [r], [Op("ADD", [p, q], [r])], [p, q, r])
    signatures = [Signature("serve", graph, {"image": x}, {"scores": s}), Signature("add", other, {"p": p, "q": q}, {"r": r})]
    return Model([graph, other], "a classifier", signatures=signatures)


def demo() -> Model:
    import tinylite.demo

    return Model.load(Path(tinylite.demo.__path__[0]) / "digits_uint8.tflite")


def lstm() -> Model:
    return float_lstm(1, 3, 4, 4, peephole=True).model()


def lstm_int8() -> Model:
    return integer_lstm(1, 3, 4, 4).model()


def every_case() -> list[bytes]:
    """The models of all operators' cases, but for large ones."""
    from .test_ops import CASES

    return [content for case in CASES if len(content := case.model().to_bytes()) < 20_000]


_MODELS: list[Callable[[], Model]] = [conv, lstm, lstm_int8, strided_slice, gather, shapes, classifier, demo]
SETS: dict[str, Callable[[], list[bytes]]] = {"few": lambda: [make().to_bytes() for make in _MODELS], "all": every_case}

# ---- the damage


def mutant(contents: list[bytes], number: int) -> bytes:
    """One of the models with one to three things wrong: of most the fields, in a file that is well formed, of others the bytes."""
    rng = np.random.default_rng(number)
    content = contents[number % len(contents)]
    times = rng.integers(1, 4)
    if rng.random() < 0.6:
        root = decode(np.frombuffer(content, np.uint8))
        for _ in range(times):
            change_field(root, rng)
        return bytes(encode(root))
    data = np.frombuffer(content, np.uint8).copy()
    for _ in range(times):
        if data.size >= 8:
            data = rng.choice(_DAMAGES, p=_SHARES)(data, rng)  # type: ignore[arg-type]
    return data.tobytes()


def change_field(root: Table, rng: np.random.Generator) -> None:
    """Change one field of one table, be it in the file or not: an absent field has no bytes that could be damaged."""
    found = list(_all_tables(root))
    table = found[rng.integers(len(found))]
    fields = list(fields_of(table.table).values())
    if not fields:
        return
    field = fields[rng.integers(len(fields))]
    value = table.fields.get(field.name)
    if field.kind in (Kind.SCALAR, Kind.ENUM):
        table.fields[field.name] = _number(field.type if field.kind == Kind.SCALAR else ENUMS[field.type][0], rng)
    elif field.kind == Kind.VECTOR and field.type != "?":
        table.fields[field.name] = _vector(np.array([] if value is None else value, field.type), rng)
    elif field.kind == Kind.TABLE_VECTOR and value:
        a, b = rng.integers(len(value), size=2)
        without, twice, another = value[:a] + value[a + 1 :], [*value, value[a]], [*value[:a], value[b], *value[a + 1 :]]
        table.fields[field.name] = (without, twice, another)[rng.integers(3)]
    elif rng.random() < 0.3:
        table.fields.pop(field.name, None)


def _all_tables(table: Table) -> Iterator[Table]:
    yield table
    for value in table.fields.values():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Table):
                yield from _all_tables(entry)


def _number(type: str, rng: np.random.Generator) -> Any:
    """A number of a field's type that somebody might not have thought of."""
    dtype = np.dtype(np.uint8 if type == "?" else type)
    if dtype.kind == "f":
        return float(rng.choice(_FLOATS.view(np.float32)))
    if rng.random() < 0.3:
        return int(rng.integers(0, 100))
    return int(rng.choice(_INTERESTING).astype(np.uint64).view(np.int64).astype(dtype))


def _vector(values: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """One element changed, added or taken away, or all."""
    position = int(rng.integers(values.size + 1))
    how = rng.integers(5)
    if how == 0:
        return None
    if how == 1:
        return np.delete(values, slice(position, position + 1))
    with np.errstate(all="ignore"):
        number = np.array(_number(values.dtype.str, rng)).astype(values.dtype)
    if how == 2 or position == values.size:
        return np.insert(values, position, number)
    values[position] = number
    return values


def flip_bit(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    data[rng.integers(data.size)] ^= 1 << rng.integers(8)
    return data


def change_byte(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    data[rng.integers(data.size)] = rng.choice([0, 1, 2, 127, 128, 255, rng.integers(256)])
    return data


def change_word(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    words = data[: data.size // 4 * 4].view(np.uint32)
    words[rng.integers(words.size)] = rng.choice(_INTERESTING)
    return data


def add_to_word(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    words = data[: data.size // 4 * 4].view(np.uint32)
    at = rng.integers(words.size)
    words[at : at + 1] += np.uint32(rng.integers(-16, 17) % (1 << 32))
    return data


def copy_block(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = min(4 * int(rng.integers(1, 9)), data.size // 2)
    source, target = rng.integers(0, data.size - size, 2) // 4 * 4
    data[target : target + size] = data[source : source + size].copy()
    return data


def swap_blocks(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = min(4 * int(rng.integers(1, 9)), data.size // 2)
    a, b = rng.integers(0, data.size - size, 2) // 4 * 4
    kept = data[a : a + size].copy()
    data[a : a + size] = data[b : b + size]
    data[b : b + size] = kept
    return data


def truncate(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return data[: rng.integers(data.size)]


_DAMAGES = np.array([flip_bit, change_byte, change_word, add_to_word, copy_block, swap_blocks, truncate])
_SHARES = [0.15, 0.2, 0.4, 0.1, 0.06, 0.06, 0.03]

# ---- the trial

_LIBC = ctypes.CDLL(None)


def attempt(content: bytes, number: int) -> str:
    """Load a model, print it, save it, call its signatures and run it; gives what became of the run. Raises what tinylite should not."""
    rng = np.random.default_rng(number)
    loaded: list[Model] = []
    outcome = _outcome(lambda: loaded.append(Model.load(content)))
    if loaded:
        # Each is tried whether or not the one before it worked.
        _outcome(lambda: list(tables(describe(loaded[0]))))
        _outcome(loaded[0].to_bytes)
        for signature in loaded[0].signatures:
            _outcome(partial(_call, content, signature.key, rng))
        outcome = _outcome(lambda: _run(content, rng, threads=1 + (number % 4 == 0), keep=number % 2 == 0))
    return outcome


def _outcome(action: Callable[[], object]) -> str:
    try:
        action()
    except TinyliteError as error:
        text = f"{type(error).__name__}: {error}"
        assert len(text) < 4000, f"a message of {len(text)} characters: {text[:500]}"
        return text
    return "works"


def _call(content: bytes, key: str | None, rng: np.random.Generator) -> None:
    runner = Interpreter(model_content=content).get_signature_runner(key)
    runner(**_values(runner.get_input_details(), rng))


def _run(content: bytes, rng: np.random.Generator, threads: int, keep: bool) -> None:
    interpreter = Interpreter(model_content=content, num_threads=threads, experimental_preserve_all_tensors=keep)
    interpreter.get_tensor_details()
    interpreter.allocate_tensors()
    for generator in (None, rng):
        details = {str(entry["index"]): entry for entry in interpreter.get_input_details()}
        for index, value in _values(details, generator).items():
            interpreter.set_tensor(int(index), value)
        interpreter.invoke()
    for entry in interpreter.get_output_details():
        interpreter.get_tensor(entry["index"])


def _values(details: dict[str, dict], rng: np.random.Generator | None) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """For each input zeros, or with a generator random bytes: any index, NaN and infinity."""
    values = {}
    for name, entry in details.items():
        size = math.prod(entry["shape"].tolist()) * np.dtype(entry["dtype"]).itemsize
        if size > MEMORY or entry["dtype"] in (np.bytes_, np.object_):
            continue  # there will be no plan for it
        value = np.zeros(size, np.uint8) if rng is None else rng.integers(0, 256, size).astype(np.uint8)
        value = value & 1 if entry["dtype"] is np.bool_ else value
        values[name] = value.view(entry["dtype"]).reshape(entry["shape"])
    return values


def _read_kernels() -> None:
    """Load every kernel, compiled or from the store: a mutant may need any, and none should pay for it."""
    for module in pkgutil.iter_modules(kernels.__path__):
        if module.name not in ("compile", "machine", "simd", "tiles"):
            importlib.import_module(f"{kernels.__name__}.{module.name}")
    addresses(KERNELS.values())


def guarded(size: int, dtype: Any) -> np.ndarray:
    """Memory as `aligned` gives it, between two pages that nobody may touch: a kernel that leaves it is stopped at once."""
    page, wanted = mmap.PAGESIZE, -(-size * np.dtype(dtype).itemsize // 64) * 64
    room = -(-wanted // page) * page
    try:
        memory = np.frombuffer(mmap.mmap(-1, room + 2 * page), np.uint8)
    except OSError:
        raise MemoryError from None
    for border in (memory.ctypes.data, memory.ctypes.data + page + room):
        assert _LIBC.mprotect(ctypes.c_void_p(border), ctypes.c_size_t(page), 0) == 0
    start = page + room - wanted
    return memory[start : start + size * np.dtype(dtype).itemsize].view(dtype)


def _limit_memory() -> None:
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + ADDRESS_SPACE, now + ADDRESS_SPACE))


def main(which: str, first: int, count: int) -> None:
    os.environ["TINYLITE_MEMORY_LIMIT"] = str(MEMORY)
    os.environ["TINYLITE_TURN_LIMIT"] = str(TURNS)
    os.environ["TINYLITE_QUIET"] = "1"
    contents = SETS[which]()
    _read_kernels()
    attempt(contents[0], 0)
    _limit_memory()
    memory.aligned = guarded
    for number in range(first, first + count):
        print(number, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        outcome = attempt(mutant(contents, number), number)
        if count == 1:
            print(outcome)
    faulthandler.cancel_dump_traceback_later()
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
