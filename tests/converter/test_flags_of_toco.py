"""Flags of toco and tflite_convert: each does what it means, says in a line that it changes nothing, or is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import tinylite
from tinylite.cli import main

from .test_conversion import GRAPH, INPUT, WEIGHTS, node

# Flags of toco and tflite_convert, those that act together on one line: what shows in the file or beside it, or is the default.
TAKEN = """
--input_file=g.pbtxt
--graph_def_file=g.pbtxt
--output_file=m.tflite
--output=m.tflite
--input_format=TENSORFLOW_GRAPHDEF
--output_format=TFLITE
--inference_type=FLOAT
--inference_input_type=FLOAT
--input_type=FLOAT
--input_types=FLOAT
--input_data_type=FLOAT
--input_data_types=float
--input_array=x
--input_arrays=x
--output_array=net/Relu
--output_arrays=net/Relu
--input_shape=2,3
--input_shapes=2,3
--batch_size=2
--variable_batch=true
--drop_fake_quant=true
--reorder_across_fake_quant=true
--allow_custom_ops=true
--allow_custom_ops=true --custom_opdefs=name:'Z'
--allow_dynamic_tensors=true
--propagate_fake_quant_num_bits=true
--quantize_to_float16=true
--quantize_weights=true
--post_training_quantize=true
--dump_graphviz=d
--dump_graphviz_dir=d
--target_ops=TFLITE_BUILTINS
--target_ops=TFLITE_BUILTINS_INT8,TFLITE_BUILTINS
""".strip().split("\n")
# What changes nothing, or not in a float file of this graph, and says so.
NOTED = """
--default_ranges_min=0 --default_ranges_max=6
--mean_value=0 --std_value=1
--mean_values=0 --std_values=1
--mean_values=0 --std_dev_values=1
--default_int16_ranges_min=0
--default_int16_ranges_max=6
--drop_control_dependency=true
--debug_disable_recurrent_cell_fusion=true
--allow_nudging_weights_to_use_fast_gemm_kernel=true
--change_concat_input_ranges=true
--dedupe_array_min_size_bytes=64
--split_tflite_lstm_inputs=true
--enable_select_tf_ops=true
--target_ops=TFLITE_BUILTINS,SELECT_TF_OPS
--target_ops=TFLITE_BUILTINS_INT8
--unfold_batchmatmul=true
--accumulation_type=FLOAT16
--allow_bfloat16=true
--model_checks=All:1:2
--dump_graphviz_video=true
--conversion_summary_dir=d
--allow_nonexistent_arrays=true
--allow_nonascii_arrays=true
--experimental_new_converter=true
--experimental_new_quantizer=true
--enable_v1_converter=true
--saved_model_tag_set=serve
--saved_model_signature_key=key
--input_format=TFLITE
--logtostderr
--alsologtostderr
--stderrthreshold=0
--minloglevel=0
--v=1
""".strip().split("\n")


@pytest.fixture(autouse=True)
def _graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("g.pbtxt").write_text(GRAPH)


def call(*flags: str) -> Result:
    """Run the command, on the graph and to the file that are not named."""
    source = [] if flags[:1] and flags[0].startswith(("--input_file", "--graph_def_file")) else ["g.pbtxt"]
    target = [] if flags[:1] and flags[0].startswith(("--output_file", "--output=")) else ["-o", "m.tflite"]
    return CliRunner().invoke(main, ["convert", *source, *flags, *target])


def made(*flags: str) -> tinylite.Model:
    done = call(*flags)
    assert done.exit_code == 0, done.output
    return tinylite.Model.load("m.tflite")


@pytest.mark.parametrize("line", [*TAKEN, *NOTED])
def test_every_flag_of_toco_is_taken_and_none_is_silently_without_effect(line: str) -> None:
    done = call(*line.split())
    assert done.exit_code == 0, done.output
    assert tinylite.Model.load("m.tflite").graph.inputs
    assert ("Note: " in done.stderr) is (line in NOTED), done.stderr


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--force_select_tf_ops", "TensorFlow's kernels are not part of tinylite. Give --allow_custom_ops"),
        ("--target_ops=SELECT_TF_OPS", "TensorFlow's kernels are not part of tinylite"),
        ("--target_ops=TFLITE", "--target_ops has TFLITE; there are"),
        ("--experimental_select_user_tf_ops=Z", "TensorFlow's kernels are not part of tinylite"),
        ("--arrays_extra_info_file=e", "Put ranges into the graph"),
        ("--rnn_states={state_array:a}", "Make the state a variable"),
        ("--allow_dynamic_tensors=false", r"tensor 'x' is [-1, 3], and allow_dynamic_tensors=False wants all shapes known"),
        ("--input_data_types=INT32", "input 'x' is FLOAT32 in the graph, and is asked to be INT32"),
        ("--input_data_types=WORD", "'WORD' is not the type of a tensor"),
        ("--input_data_types=FLOAT,FLOAT", "2 input_types are given for 1 inputs: x"),
        ("--custom_opdefs=op", "'op' is not an OpDef with a name"),
        ("--const=x", "'x' is not NAME=VALUE"),
        ("--const=x=true", "'x' is [-1, 3] in the graph, and the value given for it is []"),
    ],
)
def test_what_is_refused_says_why(flag: str, said: str) -> None:
    done = call(flag)
    assert done.exit_code != 0
    assert said in " ".join(done.stderr.split()).replace("│ ", ""), done.stderr
    assert not Path("m.tflite").exists()


def test_a_placeholder_is_fixed_to_a_value() -> None:
    bool = 'attr { key: "dtype" value { type: DT_BOOL } } attr { key: "shape" value { shape {} } }'
    condition = f'node {{ name: "train" op: "Placeholder" {bool} }}'
    twice = node("twice", "Add", "x", "x")
    Path("g.pbtxt").write_text(INPUT + condition + twice + node("y", "Select", "train", "twice", "x"))
    assert [tensor.name for tensor in made().graph.inputs] == ["x", "train"]
    for value, wanted in (("false", 0), ("TRUE", 1), ("0", 0)):
        model = made(f"--const=train={value}", "--input_shapes=2,3")
        assert [tensor.name for tensor in model.graph.inputs] == ["x"]
        assert [op.code for op in model.graph.ops].count("ADD") == wanted
    assert call("--const=train=2").exit_code != 0
    assert call("--const=trai=true").exit_code != 0


def test_a_batch_may_be_open_whatever_the_graph_says() -> None:
    Path("g.pbtxt").write_text(GRAPH.replace("size: -1", "size: 1"))
    assert made().graph.inputs[0].shape_signature is None
    model = made("--variable_batch")
    assert [tensor.shape_signature for tensor in (*model.graph.inputs, *model.graph.outputs)] == [(-1, 3), (-1, 3)]
    assert call("--variable_batch", "--batch_size=2").exit_code != 0


def test_ops_of_custom_opdefs_pass() -> None:
    Path("g.pbtxt").write_text(INPUT + node("a", "Mine", "x") + node("b", "Other", "a"))
    defined = "name: 'Mine' input_arg { name: 'x' type: DT_FLOAT }, name: 'Third'"
    refused = call(f"--custom_opdefs={defined}")
    assert refused.exit_code != 0 and "Mine" not in refused.stderr and "Other" in refused.stderr
    model = made("--custom_opdefs=" + defined.replace("Third", "Other"))
    assert [op.custom_code for op in model.graph.ops] == ["Mine", "Other"]


def test_widths_of_fake_quants_are_followed_or_refused() -> None:
    bits = node("q", "FakeQuantWithMinMaxArgs", "x").replace("attr {", 'attr { key: "num_bits" value { i: 4 } } attr {')
    Path("g.pbtxt").write_text(INPUT + bits)
    made()
    refused = call("--propagate_fake_quant_num_bits")
    assert refused.exit_code != 0 and "the type of 4 bits, as node 'q' has" in refused.stderr


def test_a_file_of_flags_is_read() -> None:
    Path("flags").write_text(
        'input_arrays { name: "net/Relu" shape { dims: 5 dims: 3 } data_type: QUANTIZED_UINT8 mean_value: 128 std_value: 64 }\n'
        'output_arrays: "net/probabilities"\nvariable_batch: false'
    )
    model = made("--model_flags_file=flags", "--inference_type=QUANTIZED_UINT8")
    (x,) = model.graph.inputs
    assert (x.name, x.type, x.shape) == ("net/Relu", "UINT8", (5, 3))
    assert x.quantization is not None and (x.quantization.scale[0], x.quantization.zero_point[0]) == (1 / 64, 128)
    assert made("--model_flags_file=flags", "--inference_type=QUANTIZED_UINT8", "--input_shapes=2,3").graph.inputs[0].shape == (2, 3)
    Path("flags").write_text('rnn_states { state_array: "a" }')
    assert "rnn_states, which is not built" in call("--model_flags_file=flags").stderr
    Path("flags").write_bytes(b"\x0a\xff\xff")
    assert "is not a ModelFlags message" in call("--model_flags_file=flags").stderr


def test_the_type_of_an_input_says_what_a_quantized_file_takes() -> None:
    Path("g.pbtxt").write_text(INPUT + WEIGHTS + node("y", "MatMul", "x", "w"))
    flags = ["--inference_type=QUANTIZED_UINT8", "--default_ranges_min=0", "--default_ranges_max=6", "--mean_values=0", "--std_values=1"]
    assert made(*flags, "--input_data_types=FLOAT").graph.inputs[0].type == "UINT8"
    assert made(*flags, "--input_type=FLOAT").graph.inputs[0].type == "FLOAT32"
    assert made(*flags, "--input_type=QUANTIZED_UINT8").graph.inputs[0].type == "UINT8"
    assert made("--input_type=QUANTIZED_UINT8", "--mean_values=0", "--std_values=1").graph.inputs[0].type == "UINT8"


def test_a_tensor_of_an_unknown_op_has_the_type_that_is_given_for_it(caplog: pytest.LogCaptureFixture) -> None:
    Path("g.pbtxt").write_text('node { name: "a" op: "Mine" }' + node("b", "Cast", "a").replace("attr {", """
        attr { key: "DstT" value { type: DT_FLOAT } } attr {""", 1))  # fmt: skip
    cut = ["--input_arrays=a", "--input_shapes=2,3"]
    assert made(*cut, "--input_data_types=UINT8").graph.inputs[0].type == "UINT8"
    assert not caplog.records
    assert made(*cut).graph.inputs[0].type == "FLOAT32"
    assert "does not say of which type 'a' is" in caplog.text


def test_settings_of_toco_convert_are_taken(caplog: pytest.LogCaptureFixture) -> None:
    graph = Path("g.pbtxt").read_bytes()
    settings = {"input_format": None, "target_ops": ["TFLITE_BUILTINS"], "debug_info": None, "input_data_types": ["FLOAT"]}
    content = tinylite.lite.toco_convert(graph, ["x"], ["net/Relu"], allow_nonexistent_arrays=False, **settings)
    assert tinylite.Model.load(content).graph.inputs[0].type == "FLOAT32"
    assert not caplog.records
    tinylite.lite.toco_convert(graph, ["x"], ["net/Relu"], unfold_batchmatmul=True)
    assert "unfold_batchmatmul=True has no effect" in caplog.text
    with pytest.raises(tinylite.ConvertError, match="asked to be INT32"):
        tinylite.lite.toco_convert(graph, ["x"], ["net/Relu"], input_data_types=["INT32"])
