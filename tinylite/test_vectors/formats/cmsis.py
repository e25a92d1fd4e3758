"""Headers as the unit tests of CMSIS-NN include them: TestData/NAME/, whose macros and arrays begin with NAME.

Which files, macros and arrays there are differs from kernel to kernel, as their tests have it. Zero points of inputs and filters are
there with the sign turned, as offsets that kernels add; that of the output is as it is. A folder is one test, of one run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from ..format import File, Held, Settings
from ..vector import Vector, VectorSet
from ._c_text import array_text, comment, read_array

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ()

Macros = list[tuple[str, Any]]

_STAGES = ("acc", "acc+bias", "scaled")
_MORE = ("constants_data.h", "stages_data.h")  # beside what tests include: of constants, and of stages


@dataclass(eq=False)
class _Test:
    """An op in a run, as builders look at it: its arrays by role, and its parameters."""

    code: str
    vectors: list[Vector]
    parameters: dict[str, Any]
    files: list[tuple[str, str, Vector]] = field(default_factory=list)  # of each array: header, name, array

    def input(self, position: int) -> Vector:
        """An operand, constant or not. Raises UnsupportedError if it is left out."""
        for vector in self.vectors:
            if vector.position == position and vector.role not in ("output", "state"):
                return vector
        raise UnsupportedError(f"it has no input {position}, which the test takes", "Choose another op")

    def role(self, role: str) -> Vector | None:
        """The first array of a role, if there is one."""
        return next((vector for vector in self.vectors if vector.role == role), None)

    @property
    def output(self) -> Vector:
        found = self.role("output")
        assert found is not None
        return found

    def add(self, header: str, name: str, vector: Vector) -> None:
        self.files.append((header, name, vector))

    def limits(self, prefix: str = "OUT_") -> Macros:
        """The limits of the activation."""
        return [
            (f"{prefix}ACTIVATION_MIN", self.parameters["activation_min"]),
            (f"{prefix}ACTIVATION_MAX", self.parameters["activation_max"]),
        ]


def _zero(vector: Vector) -> int:
    return vector.zero_point[0] if vector.zero_point else 0


def _pixels(vector: Vector) -> tuple[int, int, int, int]:
    """Batches, height, width and channels."""
    shape = vector.values.shape
    if len(shape) > 4:
        raise UnsupportedError(f"its {vector.role} has {len(shape)} dimensions, and the tests have at most 4", "Choose another op")
    batches, height, width, channels = (1,) * (4 - len(shape)) + shape
    return batches, height, width, channels


def _of_filters(test: _Test, weights: Vector, channels: int) -> None:
    """The arrays of a sum of products over a filter for each channel."""
    bias = test.role("bias")
    none = Vector("bias", "bias", np.zeros(channels, np.int32), "INT32")  # where there is none, the tests have zeros
    multiplier, shift = test.role("multiplier"), test.role("shift")
    assert multiplier is not None and shift is not None
    test.add("biases_data.h", "biases", none if bias is None else bias)
    test.add("weights_data.h", "weights", weights)
    test.add("output_mult_data.h", "output_mult", multiplier)
    test.add("output_shift_data.h", "output_shift", shift)
    test.add("output_ref_data.h", "output_ref", test.output)


def _convolution(test: _Test, data: int = 0) -> Macros:
    x, weights, output, known = test.input(data), test.input(1), test.output, test.parameters
    batches, height, width, channels = _pixels(x)
    _, out_height, out_width, count = _pixels(output)
    test.add("input_data.h", "input", x)
    _of_filters(test, weights, count)
    macros: Macros = [
        ("OUT_CH", count), ("IN_CH", channels), ("INPUT_W", width), ("INPUT_H", height), ("DST_SIZE", output.values.size),
        ("INPUT_SIZE", x.values.size // max(batches, 1)), *test.limits(), ("INPUT_BATCHES", batches), ("FILTER_X", known["filter_w"]),
        ("FILTER_Y", known["filter_h"]), ("STRIDE_X", known["stride_w"]), ("STRIDE_Y", known["stride_h"]), ("PAD_X", known["pad_left"]),
        ("PAD_Y", known["pad_top"]), ("OUTPUT_W", out_width), ("OUTPUT_H", out_height),
    ]  # fmt: skip
    if test.code == "DEPTHWISE_CONV_2D":
        macros.append(("CH_MULT", known["depth_multiplier"]))
    if test.code == "CONV_2D":
        macros.append(("FILTER_CH", weights.values.shape[3]))  # fewer than IN_CH where channels are in groups
    macros += [
        ("INPUT_OFFSET", -_zero(x)), ("OUTPUT_OFFSET", _zero(output)), ("DILATION_X", known["dilation_w"]),
        ("DILATION_Y", known["dilation_h"]),
    ]  # fmt: skip
    if test.code == "TRANSPOSE_CONV":
        macros += [("PAD_X_WITH_OFFSET", known["pad_right"]), ("PAD_Y_WITH_OFFSET", known["pad_bottom"])]
    return macros


def _fully_connected(test: _Test) -> Macros:
    x, weights, output = test.input(0), test.input(1), test.output
    count, depth = weights.values.shape
    rows = x.values.size // max(depth, 1)
    test.add("input_data.h", "input", x)
    _of_filters(test, weights, count)
    macros: Macros = [
        ("OUT_CH", count), ("IN_CH", depth), ("INPUT_W", 1), ("INPUT_H", 1), ("DST_SIZE", output.values.size), ("INPUT_SIZE", depth),
        *test.limits(), ("INPUT_BATCHES", rows),
    ]  # fmt: skip
    if len(weights.scale) == 1:
        macros += [("OUTPUT_MULTIPLIER", test.parameters["multiplier"][0]), ("OUTPUT_SHIFT", test.parameters["shift"][0])]
    else:
        macros.append(("PER_CHANNEL_QUANT", "true"))
    return [
        *macros, ("ACCUMULATION_DEPTH", depth), ("INPUT_OFFSET", -_zero(x)), ("FILTER_OFFSET", -_zero(weights)),
        ("OUTPUT_OFFSET", _zero(output)),
    ]  # fmt: skip


def _pool(test: _Test) -> Macros:
    x, output, known = test.input(0), test.output, test.parameters
    batches, height, width, channels = _pixels(x)
    _, out_height, out_width, out_channels = _pixels(output)
    test.add("input_tensor.h", "input_tensor", x)
    test.add("output.h", "output", output)
    return [
        ("BATCH_SIZE", batches), ("INPUT_N", batches), ("INPUT_W", width), ("INPUT_H", height), ("INPUT_C", channels),
        ("FILTER_W", known["filter_w"]), ("FILTER_H", known["filter_h"]), ("STRIDE_W", known["stride_w"]), ("STRIDE_H", known["stride_h"]),
        ("ACTIVATION_MAX", known["activation_max"]), ("ACTIVATION_MIN", known["activation_min"]), ("OUTPUT_C", out_channels),
        ("OUTPUT_W", out_width), ("OUTPUT_H", out_height), ("PADDING_H", known["pad_top"]), ("PADDING_W", known["pad_left"]),
    ]  # fmt: skip


def _elementwise(test: _Test) -> Macros:
    x, y, output, known = test.input(0), test.input(1), test.output, test.parameters
    if not x.values.shape == y.values.shape == output.values.shape:
        raise UnsupportedError("its inputs have different shapes, and CMSIS-NN's kernel takes two of one size", "Choose another op")
    test.add("input1_data.h", "input1", x)
    test.add("input2_data.h", "input2", y)
    test.add("output_ref_data.h", "output_ref", output)
    macros: Macros = [
        ("DST_SIZE", output.values.size), *test.limits(), ("INPUT1_OFFSET", -_zero(x)), ("INPUT2_OFFSET", -_zero(y)),
        ("OUTPUT_MULT", known["output_multiplier"]), ("OUTPUT_SHIFT", known["output_shift"]), ("OUTPUT_OFFSET", _zero(output)),
    ]  # fmt: skip
    if test.code == "ADD":
        macros += [
            ("LEFT_SHIFT", known["left_shift"]), ("INPUT1_SHIFT", known["input_0_shift"]), ("INPUT2_SHIFT", known["input_1_shift"]),
            ("INPUT1_MULT", known["input_0_multiplier"]), ("INPUT2_MULT", known["input_1_multiplier"]),
        ]  # fmt: skip
    return macros


def _softmax(test: _Test) -> Macros:
    x, output, known = test.input(0), test.output, test.parameters
    test.add("input_data.h", "input", x)
    test.add("output_ref_data.h", "output_ref", output)
    width = x.values.shape[-1]
    return [
        ("NUM_ROWS", x.values.size // max(width, 1)), ("ROW_SIZE", width), ("INPUT_MULT", known["input_multiplier"]),
        ("INPUT_LEFT_SHIFT", known["input_left_shift"]), ("DIFF_MIN", known["diff_min"]), ("DST_SIZE", output.values.size),
    ]  # fmt: skip


def _pad(test: _Test) -> Macros:
    x, pads, output = test.input(0), test.input(1), test.output
    sizes = _pixels(x)
    around = np.zeros((4, 2), np.int64)
    around[4 - x.values.ndim :] = pads.values
    test.add("input_tensor.h", "input_tensor", x)
    test.add("output.h", "output", output)
    given = next((vector for vector in test.vectors if vector.position == 2 and vector.role != "output"), None)
    value = _zero(output) if given is None else int(given.values.reshape(-1)[0])
    macros: Macros = [(f"INPUT_{letter}", sizes["NHWC".index(letter)]) for letter in "NWHC"]
    for side, name in enumerate(("PRE", "POST")):
        macros += [(f"{name}_PAD_{letter}", int(around[axis, side])) for axis, letter in enumerate("NHWC")]
    return [*macros, ("PAD_VALUE", value), ("OUTPUT_SIZE", output.values.size)]


def _extreme(test: _Test) -> Macros:
    x, y, output = test.input(0), test.input(1), test.output
    test.add("input_tensor_1.h", "input_tensor_1", x)
    test.add("input_tensor_2.h", "input_tensor_2", y)
    test.add("output.h", "output", output)
    macros: Macros = [("LAYER_TYPE", test.code.lower())]
    for number, vector in (("1", x), ("2", y)):
        macros += zip((f"{name}_{number}" for name in ("BATCH", "HEIGHT", "WIDTH", "CHANNEL")), _pixels(vector), strict=True)
    macros.append(("DST_SIZE", output.values.size))
    return [*macros, *zip((f"OUTPUT_{name}" for name in ("BATCH", "HEIGHT", "WIDTH", "CHANNEL")), _pixels(output), strict=True)]


def _transpose(test: _Test) -> Macros:
    x, permutation, output = test.input(0), test.input(1).values.reshape(-1), test.output
    rank = x.values.ndim
    if not 0 < rank <= 4:
        raise UnsupportedError(f"its input has {rank} dimensions, and CMSIS-NN's kernel takes 1 to 4", "Choose another op")
    test.add("input_tensor.h", "input_tensor", x)
    test.add("output.h", "output", output)

    def dims(sizes: Any) -> str:
        return f"{{{', '.join(map(str, [*sizes, *[0] * (4 - rank)]))}}}"

    perm = ", ".join(str(int(axis) % rank) for axis in permutation)
    return [
        ("IN_DIM", dims(x.values.shape)), ("PERM", f"{{{perm}}}"), ("SIZE", x.values.size), ("PERM_SIZE", rank),
        ("OUT_DIM", dims(output.values.shape)),
    ]  # fmt: skip


_BUILDERS: Mapping[str, Callable[[_Test], Macros]] = {
    "CONV_2D": _convolution, "DEPTHWISE_CONV_2D": _convolution, "TRANSPOSE_CONV": lambda test: _convolution(test, data=2),
    "FULLY_CONNECTED": _fully_connected, "AVERAGE_POOL_2D": _pool, "MAX_POOL_2D": _pool, "ADD": _elementwise, "MUL": _elementwise,
    "SOFTMAX": _softmax, "PAD": _pad, "PADV2": _pad, "MAXIMUM": _extreme, "MINIMUM": _extreme, "TRANSPOSE": _transpose,
}  # fmt: skip


def write(made: VectorSet, settings: Settings) -> list[File]:
    if made.code not in _BUILDERS:
        raise UnsupportedError(
            f"CMSIS-NN's test data are of one op, and {made.code or 'the whole model'} is not among those that are written: "
            f"{', '.join(_BUILDERS)}",
            "Give --op NUMBER, or --each" if made.code is None else "Choose another op or format",
        )
    several = made.cases > 1
    files = []
    for case in range(made.cases):
        name = f"{made.name}_case{case}" if several else made.name
        files += _test(name, f"{name}/" if several else "", made, case, settings)
    return files


def _test(name: str, folder: str, made: VectorSet, case: int, settings: Settings) -> list[File]:
    """The headers of one run. Arrays that all runs share are read back from the first."""
    test = _Test(str(made.code), made.of_case(case), made.parameters)
    for vector in (test.output, test.input(2 if made.code == "TRANSPOSE_CONV" else 0)):
        if vector.type != "INT8":
            raise UnsupportedError(
                f"its {vector.role} is {vector.type}, and CMSIS-NN's kernels of it take INT8", "Choose another op or format"
            )
    macros = _BUILDERS[test.code](test)
    written = {id(vector) for _, _, vector in test.files}
    # What a test does not take is in headers that are included where they are wanted: the stages, and the paddings of PAD.
    arrays = [
        *test.files,
        *((_MORE[vector.role in _STAGES], vector.stem, vector) for vector in test.vectors if id(vector) not in written),
    ]
    texts: dict[str, list[str]] = {}
    held: dict[str, list[Held]] = {}
    for header, array, vector in arrays:
        identifier = f"{name}_{array}"
        texts.setdefault(header, []).append(array_text(identifier, vector))
        if vector.case is not None or (case == 0 and any(vector is one for one in test.vectors)):
            held.setdefault(header, []).append(Held(vector, {"array": identifier}))
    said = comment(settings.said)
    files = [
        File(folder + header, (said + "#pragma once\n#include <stdint.h>\n\n" + "\n".join(found)).encode(), tuple(held.get(header, ())))
        for header, found in texts.items()
    ]
    defines = "".join(f"#define {name.upper()}_{macro} {value}\n" for macro, value in macros)
    files.append(File(f"{folder}config_data.h", (said + "#pragma once\n" + defines).encode()))
    included = sorted({"config_data.h", *texts} - {*_MORE})
    files.append(File(f"{folder}test_data.h", (said + "".join(f'#include "{header}"\n' for header in included)).encode()))
    return files


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return read_array(content, str(held.get("array")), held)
