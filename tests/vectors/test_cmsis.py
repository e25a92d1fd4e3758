"""Headers for CMSIS-NN: its own kernels, compiled with a checkout that TINYLITE_CMSIS_NN names, compute what the headers say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite.errors import UnprovenError, UnsupportedError
from tinylite.test_vectors.formats import cmsis

from ..arithmetics.cmsis_nn import checkout, library
from ..arithmetics.linear import CASES
from ..cases import Case, T, quantized
from .headers import COMPUTE, Headers

START = """
#include <arm_nnfunctions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "t/test_data.h"
static int validate(const int8_t *actual, const int8_t *expected, int size)
{
    int bad = 0;
    for (int i = 0; i < size; i++) bad += actual[i] != expected[i];
    printf("%d of %d differ\\n", bad, size);
    return bad;
}
int main(void)
{
"""
FILTERED = """
    static int8_t output[T_DST_SIZE];
    cmsis_nn_dims input_dims = {T_INPUT_BATCHES, T_INPUT_H, T_INPUT_W, T_IN_CH};
    cmsis_nn_dims output_dims = {T_INPUT_BATCHES, T_OUTPUT_H, T_OUTPUT_W, T_OUT_CH};
    cmsis_nn_dims bias_dims = {1, 1, 1, T_OUT_CH};
    cmsis_nn_per_channel_quant_params quant = {(int32_t *)t_output_mult, (int32_t *)t_output_shift};
    cmsis_nn_context ctx = {NULL, 0};
"""
PARAMS = """
    params.input_offset = T_INPUT_OFFSET; params.output_offset = T_OUTPUT_OFFSET;
    params.stride.w = T_STRIDE_X; params.stride.h = T_STRIDE_Y;
    params.padding.w = T_PAD_X; params.padding.h = T_PAD_Y;
    params.dilation.w = T_DILATION_X; params.dilation.h = T_DILATION_Y;
    params.activation.min = T_OUT_ACTIVATION_MIN; params.activation.max = T_OUT_ACTIVATION_MAX;
"""
CHECK = "    return status != ARM_CMSIS_NN_SUCCESS || validate(output, t_output_ref, T_DST_SIZE) != 0;\n}\n"
POOL = """
    static int8_t output[T_OUTPUT_W * T_OUTPUT_H * T_BATCH_SIZE * T_OUTPUT_C];
    cmsis_nn_dims input_dims = {T_BATCH_SIZE, T_INPUT_H, T_INPUT_W, T_INPUT_C};
    cmsis_nn_dims filter_dims = {1, T_FILTER_H, T_FILTER_W, 1};
    cmsis_nn_dims output_dims = {T_BATCH_SIZE, T_OUTPUT_H, T_OUTPUT_W, T_OUTPUT_C};
    cmsis_nn_pool_params params;
    params.padding.w = T_PADDING_W; params.padding.h = T_PADDING_H; params.stride.w = T_STRIDE_W; params.stride.h = T_STRIDE_H;
    params.activation.min = T_ACTIVATION_MIN; params.activation.max = T_ACTIVATION_MAX;
    cmsis_nn_context ctx = {malloc(1 << 20), 1 << 20};
    arm_cmsis_nn_status status = KERNEL(&ctx, &params, &input_dims, t_input_tensor, &filter_dims, &output_dims, output);
    return status != ARM_CMSIS_NN_SUCCESS || validate(output, t_output, sizeof output) != 0;
}
"""
EXTREME = """
    static int8_t output[T_DST_SIZE];
    cmsis_nn_dims first = {T_BATCH_1, T_HEIGHT_1, T_WIDTH_1, T_CHANNEL_1}, second = {T_BATCH_2, T_HEIGHT_2, T_WIDTH_2, T_CHANNEL_2};
    cmsis_nn_dims output_dims = {T_OUTPUT_BATCH, T_OUTPUT_HEIGHT, T_OUTPUT_WIDTH, T_OUTPUT_CHANNEL};
    cmsis_nn_context ctx = {NULL, 0};
    arm_cmsis_nn_status status = KERNEL(&ctx, t_input_tensor_1, &first, t_input_tensor_2, &second, output, &output_dims);
    return status != ARM_CMSIS_NN_SUCCESS || validate(output, t_output, T_DST_SIZE) != 0;
}
"""
# The body of a program for each op.
PROGRAMS = {
    "CONV_2D": FILTERED
    + """
    cmsis_nn_dims filter_dims = {T_OUT_CH, T_FILTER_Y, T_FILTER_X, T_FILTER_CH};
    cmsis_nn_conv_params params;
"""
    + PARAMS
    + """
    ctx.size = arm_convolve_s8_get_buffer_size(&input_dims, &filter_dims); ctx.buf = malloc(ctx.size);
    arm_cmsis_nn_status status = arm_convolve_s8(&ctx, &params, &quant, &input_dims, t_input, &filter_dims, t_weights, &bias_dims, t_biases,
                                                 NULL, &output_dims, output);
"""
    + CHECK,
    "DEPTHWISE_CONV_2D": FILTERED
    + """
    cmsis_nn_dims filter_dims = {1, T_FILTER_Y, T_FILTER_X, T_OUT_CH};
    cmsis_nn_dw_conv_params params; params.ch_mult = T_CH_MULT;
"""
    + PARAMS
    + """
    arm_cmsis_nn_status status = arm_depthwise_conv_s8(&ctx, &params, &quant, &input_dims, t_input, &filter_dims, t_weights, &bias_dims,
                                                       t_biases, &output_dims, output);
"""
    + CHECK,
    "TRANSPOSE_CONV": FILTERED
    + """
    cmsis_nn_dims filter_dims = {T_OUT_CH, T_FILTER_Y, T_FILTER_X, T_IN_CH};
    cmsis_nn_transpose_conv_params params;
    params.padding_offsets.w = T_PAD_X_WITH_OFFSET; params.padding_offsets.h = T_PAD_Y_WITH_OFFSET;
"""
    + PARAMS
    + """
    cmsis_nn_context reverse = {NULL, 0};
    ctx.size = arm_transpose_conv_s8_get_buffer_size(&params, &input_dims, &filter_dims, &output_dims); ctx.buf = malloc(ctx.size);
    reverse.size = arm_transpose_conv_s8_get_reverse_conv_buffer_size(&params, &input_dims, &filter_dims);
    reverse.buf = malloc(reverse.size);
    arm_cmsis_nn_status status = arm_transpose_conv_wrapper_s8(&ctx, &reverse, &params, &quant, &input_dims, t_input, &filter_dims,
                                                               t_weights, &bias_dims, t_biases, &output_dims, output);
"""
    + CHECK,
    "FULLY_CONNECTED": """
    static int8_t output[T_DST_SIZE];
    cmsis_nn_dims input_dims = {T_INPUT_BATCHES, T_INPUT_H, T_INPUT_W, T_IN_CH};
    cmsis_nn_dims filter_dims = {T_ACCUMULATION_DEPTH, 1, 1, T_OUT_CH};
    cmsis_nn_dims output_dims = {T_INPUT_BATCHES, 1, 1, T_OUT_CH};
    cmsis_nn_dims bias_dims = {1, 1, 1, T_OUT_CH};
    cmsis_nn_fc_params params = {T_INPUT_OFFSET, T_FILTER_OFFSET, T_OUTPUT_OFFSET, {T_OUT_ACTIVATION_MIN, T_OUT_ACTIVATION_MAX}};
    cmsis_nn_context ctx = {malloc(1 << 20), 1 << 20};
#ifdef T_PER_CHANNEL_QUANT
    cmsis_nn_per_channel_quant_params quant = {(int32_t *)t_output_mult, (int32_t *)t_output_shift};
    arm_cmsis_nn_status status = arm_fully_connected_per_channel_s8(
        &ctx, &params, &quant, &input_dims, t_input, &filter_dims, t_weights, &bias_dims, t_biases, &output_dims, output);
#else
    cmsis_nn_per_tensor_quant_params quant = {T_OUTPUT_MULTIPLIER, T_OUTPUT_SHIFT};
    arm_cmsis_nn_status status = arm_fully_connected_s8(
        &ctx, &params, &quant, &input_dims, t_input, &filter_dims, t_weights, &bias_dims, t_biases, &output_dims, output);
#endif
"""
    + CHECK,
    "AVERAGE_POOL_2D": POOL.replace("KERNEL", "arm_avgpool_s8"),
    "MAX_POOL_2D": POOL.replace("KERNEL", "arm_max_pool_s8"),
    "ADD": """
    static int8_t output[T_DST_SIZE];
    arm_cmsis_nn_status status = arm_elementwise_add_s8(
        t_input1, t_input2, T_INPUT1_OFFSET, T_INPUT1_MULT, T_INPUT1_SHIFT, T_INPUT2_OFFSET, T_INPUT2_MULT, T_INPUT2_SHIFT, T_LEFT_SHIFT,
        output, T_OUTPUT_OFFSET, T_OUTPUT_MULT, T_OUTPUT_SHIFT, T_OUT_ACTIVATION_MIN, T_OUT_ACTIVATION_MAX, T_DST_SIZE);
"""
    + CHECK,
    "MUL": """
    static int8_t output[T_DST_SIZE];
    arm_cmsis_nn_status status = arm_elementwise_mul_s8(
        t_input1, t_input2, T_INPUT1_OFFSET, T_INPUT2_OFFSET, output, T_OUTPUT_OFFSET, T_OUTPUT_MULT, T_OUTPUT_SHIFT,
        T_OUT_ACTIVATION_MIN, T_OUT_ACTIVATION_MAX, T_DST_SIZE);
"""
    + CHECK,
    "SOFTMAX": """
    static int8_t output[T_DST_SIZE];
    arm_cmsis_nn_status status = ARM_CMSIS_NN_SUCCESS;
    arm_softmax_s8(t_input, T_NUM_ROWS, T_ROW_SIZE, T_INPUT_MULT, T_INPUT_LEFT_SHIFT, T_DIFF_MIN, output);
"""
    + CHECK,
    "MAXIMUM": EXTREME.replace("KERNEL", "arm_maximum_s8"),
    "MINIMUM": EXTREME.replace("KERNEL", "arm_minimum_s8"),
    "TRANSPOSE": """
    static int8_t output[T_SIZE];
    const cmsis_nn_dims input_dims = T_IN_DIM, output_dims = T_OUT_DIM;
    const uint32_t perm[T_PERM_SIZE] = T_PERM;
    const cmsis_nn_transpose_params params = {T_PERM_SIZE, perm};
    arm_cmsis_nn_status status = arm_transpose_s8(t_input_tensor, output, &input_dims, &output_dims, &params);
    return status != ARM_CMSIS_NN_SUCCESS || validate(output, t_output, T_SIZE) != 0;
}
""",
    "PAD": """
    static int8_t output[T_OUTPUT_SIZE];
    const cmsis_nn_dims size = {T_INPUT_N, T_INPUT_H, T_INPUT_W, T_INPUT_C};
    const cmsis_nn_dims pre = {T_PRE_PAD_N, T_PRE_PAD_H, T_PRE_PAD_W, T_PRE_PAD_C};
    const cmsis_nn_dims post = {T_POST_PAD_N, T_POST_PAD_H, T_POST_PAD_W, T_POST_PAD_C};
    arm_cmsis_nn_status status = arm_pad_s8(t_input_tensor, output, T_PAD_VALUE, &size, &pre, &post);
    return status != ARM_CMSIS_NN_SUCCESS || validate(output, t_output, T_OUTPUT_SIZE) != 0;
}
""",
}


def pool(code: str, rng: np.random.Generator) -> Case:
    kind = quantized(rng, "INT8")
    options = {"padding": str(rng.choice(["SAME", "VALID"])), "stride_h": 2, "stride_w": 1, "filter_height": 3, "filter_width": 2}
    height, width = (4, 7) if options["padding"] == "SAME" else (3, 6)
    options["fused_activation_function"] = str(rng.choice(["NONE", "RELU6"]))
    return Case(code, [T((2, 8, 7, 5), **kind)], [T((2, height, width, 5), **kind)], options, version=2)


def transposed(rng: np.random.Generator) -> Case:
    stride, filter, channels, count = (int(rng.integers(1, end)) for end in (3, 5, 6, 7))
    filter = max(filter, stride)  # CMSIS-NN leaves out what no window covers
    size, padding = (5, 4), str(rng.choice(["SAME", "VALID"]))
    out = [n * stride if padding == "SAME" else (n - 1) * stride + filter for n in size]
    output, x = quantized(rng, "INT8"), quantized(rng, "INT8")
    scales = rng.uniform(1e-4, 2e-3, count).astype(np.float32)
    return Case(
        "TRANSPOSE_CONV",
        [
            T((4,), "INT32", data=[2, *out, count]),
            T((count, filter, filter, channels), "INT8", scale=scales, data=rng.integers(-127, 128, (count, filter, filter, channels))),
            T((2, *size, channels), **x),
            T((count,), "INT32", scale=np.float32(x["scale"]) * scales, data=rng.integers(-900, 900, count)),
        ],
        [T((2, *out, count), **output)],
        {"padding": padding, "stride_h": stride, "stride_w": stride},
        version=3,
    )


def binary(code: str, rng: np.random.Generator) -> Case:
    kinds = [quantized(rng, "INT8") for _ in range(3)]
    return Case(code, [T((2, 33), **kinds[0]), T((2, 33), **kinds[1])], [T((2, 33), **kinds[2])], version=2)


def softmax(rng: np.random.Generator) -> Case:
    x = quantized(rng, "INT8", spread=float(rng.choice([1, 5])))
    return Case("SOFTMAX", [T((3, 11), **x)], [T((3, 11), "INT8", scale=1 / 256, zero=-128)], {"beta": 1.0}, version=2)


def pad(rng: np.random.Generator) -> Case:
    kind = quantized(rng, "INT8")
    pads = rng.integers(0, 3, (4, 2))
    shape = (1, 3, 2, 4)
    return Case("PAD", [T(shape, **kind), T((4, 2), "INT32", data=pads)], [T(tuple(shape + pads.sum(axis=1)), **kind)], version=2)


def extreme(code: str, rng: np.random.Generator) -> Case:
    kind, sizes = quantized(rng, "INT8"), [(1, 3, 1, 4), (1, 3, 5, 4), (1, 1, 1, 1)]
    second = sizes[int(rng.integers(3))]
    return Case(code, [T((1, 3, 5, 4), **kind), T(second, **kind)], [T((1, 3, 5, 4), **kind)], version=2)


def transpose(rng: np.random.Generator) -> Case:
    kind, rank = quantized(rng, "INT8"), int(rng.integers(2, 5))
    # CMSIS-NN's kernel turns every matrix around, also where the permutation leaves it as it is.
    shape, order = rng.integers(1, 6, rank), rng.permutation(rank) if rank > 2 else np.array([1, 0])
    return Case("TRANSPOSE", [T(tuple(shape), **kind), T((rank,), "INT32", data=order)], [T(tuple(shape[order]), **kind)], version=2)


OPS = {
    "CONV_2D": CASES["CONV_2D", "INT8"],
    "DEPTHWISE_CONV_2D": CASES["DEPTHWISE_CONV_2D", "INT8"],
    "FULLY_CONNECTED": CASES["FULLY_CONNECTED", "INT8"],
    "TRANSPOSE_CONV": transposed,
    "AVERAGE_POOL_2D": lambda rng: pool("AVERAGE_POOL_2D", rng),
    "MAX_POOL_2D": lambda rng: pool("MAX_POOL_2D", rng),
    "ADD": lambda rng: binary("ADD", rng),
    "MUL": lambda rng: binary("MUL", rng),
    "SOFTMAX": softmax,
    "PAD": pad,
    "MAXIMUM": lambda rng: extreme("MAXIMUM", rng),
    "MINIMUM": lambda rng: extreme("MINIMUM", rng),
    "TRANSPOSE": transpose,
}


def differing(folder: Path, code: str, single: bool = False) -> tuple[int, int]:
    """How many outputs of CMSIS-NN's kernel, with single or double rounding, are not those of the headers in `folder`/t; of how many."""
    (folder / "test.c").write_text(START + PROGRAMS[code])
    kernels = library(checkout(), single)._name
    command = ["gcc", "-w", f"-I{checkout() / 'Include'}", "test.c", kernels, "-o", "test", "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    done = subprocess.run([folder / "test"], capture_output=True, text=True, check=False)
    found = re.fullmatch(r"(\d+) of (\d+) differ\n", done.stdout)
    assert found is not None, f"the kernel has failed: {done.returncode}"
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("code", OPS)
def test_cmsis_nn_computes_what_the_headers_say(code: str, tmp_path: Path) -> None:
    checkout()
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        case = OPS[code](np.random.default_rng(seed))
        manifest = tinylite.vectors(case.model(), folder / "t", format="cmsis", op=0, seed=seed)
        wrong, total = differing(folder, code)
        # Where the reference rounds otherwise than multiplier and shift, a note says of how many outputs.
        said = re.search(r"(\d+) of (\d+) outputs", " ".join(manifest["notes"]))
        assert (wrong, total) == ((int(said[1]), int(said[2])) if said else (0, total)), f"{case.name} {manifest['notes']}"
        assert code == "FULLY_CONNECTED" or not wrong


def outputs_of(code: str, folder: Path, seed: int, arithmetic: str) -> np.ndarray:
    """What is written to `folder`/t of an op under an arithmetic."""
    folder.mkdir()
    manifest = tinylite.vectors(OPS[code](np.random.default_rng(seed)).model(), folder / "t", format="cmsis", op=0, arithmetic=arithmetic)
    assert manifest["notes"] == []
    return tinylite.read_vectors(folder / "t").find("output")[0].values


@pytest.mark.parametrize("code", OPS)
def test_cmsis_nn_computes_what_its_arithmetics_do(code: str, tmp_path: Path) -> None:
    """In both forms that it may be compiled in, which differ."""
    checkout()
    compared, others = 0, 0
    for seed in range(12):
        found = []
        for arithmetic, single in (("cmsis-nn", False), ("cmsis-nn-single", True)):
            folder = tmp_path / f"{seed}_{arithmetic}"
            try:
                found.append(outputs_of(code, folder, seed, arithmetic))
            except UnprovenError:
                continue
            assert differing(folder, code, single)[0] == 0
            compared += 1
        others += len(found) == 2 and not np.array_equal(*found)
    assert compared > 3 and (others or code not in list(OPS)[:4]), "no case rounds once otherwise than twice"


@pytest.mark.parametrize("code", OPS)
def test_the_output_follows_from_the_headers(code: str, tmp_path: Path) -> None:
    """As kernels read them, computed without CMSIS-NN."""
    arithmetic = "cmsis-nn" if code == "FULLY_CONNECTED" else "litert-reference"
    for seed in range(6):
        model = OPS[code](np.random.default_rng(seed)).model()
        tinylite.vectors(model, tmp_path / f"t{seed}", format="cmsis", op=0, seed=seed, arithmetic=arithmetic)
        headers = Headers(tmp_path / f"t{seed}", f"t{seed}")
        found, wanted = COMPUTE[code](headers), headers.array("output_ref" if "output_ref" in headers.arrays else "output")
        assert np.abs(found.reshape(-1) - wanted).max() <= (1 if code == "SOFTMAX" else 0)
        (output,) = tinylite.read_vectors(tmp_path / f"t{seed}").find("output")
        assert np.array_equal(output.values.reshape(-1), wanted)


def test_every_operator_is_tested() -> None:
    assert {*cmsis._BUILDERS} - {"PADV2"} == {*OPS} == {*PROGRAMS} == {*COMPUTE}
    page = (Path(__file__).parents[2] / "docs" / "vectors.md").read_text()
    assert all(code in page for code in cmsis._BUILDERS)


def macros(folder: Path) -> dict[str, str]:
    return dict(re.findall(r"#define (\w+) (\S+)", (folder / "config_data.h").read_text()))


def test_headers_have_the_names_that_tests_of_cmsis_nn_include(tmp_path: Path) -> None:
    case = OPS["CONV_2D"](np.random.default_rng(3))
    model = case.model()
    tinylite.vectors(model, tmp_path / "My Conv-2", format="cmsis", op=0)
    folder = tmp_path / "My Conv-2"
    names = {"biases", "config", "input", "output_mult", "output_ref", "output_shift", "weights"}
    included = re.findall(r'#include "(\w+)_data.h"', (folder / "test_data.h").read_text())
    assert set(included) == names and len(included) == len(names)
    assert all((folder / f"{name}_data.h").exists() for name in names)
    x, weights, output = model.graph.inputs[0], model.graph.tensors[1], model.graph.outputs[0]
    found = macros(folder)
    assert x.quantization is not None and output.quantization is not None
    assert found["MY_CONV_2_INPUT_OFFSET"] == str(-x.quantization.zero_point[0])
    assert found["MY_CONV_2_OUTPUT_OFFSET"] == str(output.quantization.zero_point[0])
    assert [found[f"MY_CONV_2_{name}"] for name in ("INPUT_H", "INPUT_W", "IN_CH")] == list(map(str, x.shape[1:]))
    assert [found[f"MY_CONV_2_FILTER_{name}"] for name in "YX"] == list(map(str, weights.shape[1:3]))
    assert f"const int8_t my_conv_2_input[{np.prod(x.shape)}] = {{" in (folder / "input_data.h").read_text()


def test_several_runs_are_several_tests(tmp_path: Path) -> None:
    case = OPS["DEPTHWISE_CONV_2D"](np.random.default_rng(1))
    tinylite.vectors(case.model(), tmp_path / "d", format="cmsis", op=0, cases=2)
    for number in range(2):
        folder = tmp_path / "d" / f"d_case{number}"
        assert f"D_CASE{number}_INPUT_W" in macros(folder)
        assert f" d_case{number}_weights[" in (folder / "weights_data.h").read_text()
    read = tinylite.read_vectors(tmp_path / "d")
    assert [vector.case for vector in read.find("input")] == [0, 1] and len(read.find("weights")) == 1


def test_what_cmsis_nn_has_no_kernel_for_is_refused(tmp_path: Path) -> None:
    demo = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"
    with pytest.raises(UnsupportedError, match=r"UINT8.*INT8"):
        tinylite.vectors(demo, tmp_path / "a", format="cmsis", op=0)
    with pytest.raises(UnsupportedError, match=r"of one op.*--op"):
        tinylite.vectors(demo, tmp_path / "a", format="cmsis")
    with pytest.raises(UnsupportedError, match="no vectors of any op"):
        tinylite.vectors(demo, tmp_path / "a", format="cmsis", each=True)
    assert not list(tmp_path.iterdir())
