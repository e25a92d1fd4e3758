"""The rewrite for quantized training: what tf.contrib.quantize 1.15 made of the same graphs, written out, and its formulas."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import Interpreter, QuantizeError
from tinylite.quantize import FullIntegerQuantization, create_eval_graph, create_training_graph, experimental_create_training_graph

from .tf_networks import JOINED, NETWORKS, Network, build, feed, layer, one_layer, placeholder, tf, v1, value, variable

# The FakeQuants that tf.contrib.quantize 1.15 placed, without their last part, and Conv/BiasAdd's, which it forgot.
PLACES = {
    "mobilenet_v1": """
        Conv2d_0/weights_quant Conv2d_0/act_quant Conv2d_1_depthwise/weights_quant Conv2d_1_depthwise/act_quant
        Conv2d_1_pointwise/weights_quant Conv2d_1_pointwise/act_quant Conv2d_2_depthwise/weights_quant Conv2d_2_depthwise/act_quant
        Conv2d_2_pointwise/weights_quant Conv2d_2_pointwise/act_quant Conv2d_1c_1x1/weights_quant Conv2d_1c_1x1/act_quant
    """,
    "mobilenet_v2": """
        Mobilenet/Conv/weights_quant Mobilenet/Conv/act_quant
        Mobilenet/expanded_conv_0/expand/weights_quant Mobilenet/expanded_conv_0/expand/act_quant
        Mobilenet/expanded_conv_0/depthwise/weights_quant Mobilenet/expanded_conv_0/depthwise/act_quant
        Mobilenet/expanded_conv_0/project/weights_quant Mobilenet/expanded_conv_0/project/conv_quant Mobilenet/expanded_conv_0/act_quant
        Mobilenet/expanded_conv_0/post_activation_bypass_quant
        Mobilenet/expanded_conv_1/expand/weights_quant Mobilenet/expanded_conv_1/expand/act_quant
        Mobilenet/expanded_conv_1/depthwise/weights_quant Mobilenet/expanded_conv_1/depthwise/act_quant
        Mobilenet/expanded_conv_1/project/weights_quant Mobilenet/expanded_conv_1/project/conv_quant Mobilenet/expanded_conv_1/act_quant
        Mobilenet/expanded_conv_1/post_activation_bypass_quant
        Mobilenet/Conv_1/weights_quant Mobilenet/Conv_1/act_quant Mobilenet/Logits/weights_quant Mobilenet/Logits/act_quant
    """,
    "resnet": """
        Conv/weights_quant Conv/act_quant block0/a/weights_quant block0/a/act_quant block0/b/weights_quant block0/b/conv_quant
        block0/act_quant block1/a/weights_quant block1/a/act_quant block1/b/weights_quant block1/b/conv_quant block1/act_quant
        fc/weights_quant fc/act_quant
    """,
    "plain": "weights_quant act_quant weights_quant_1 act_quant_1",
    "preactivated": """
        Conv/weights_quant Conv/act_quant block0/a/weights_quant block0/a/act_quant block0/b/weights_quant block0/b/conv_quant
        block0/act_quant block1/a/weights_quant block1/a/act_quant block1/b/weights_quant block1/b/conv_quant block1/act_quant
        block0/add/activation_AddV2_quant Conv/BiasAdd/activation_BiasAdd_quant
    """,
    "branches": """
        weights_quant act_quant post_activation_bypass_quant weights_quant_1 act_quant_1 post_activation_bypass_quant_1
        weights_quant_2 act_quant_2 weights_quant_3 act_quant_3
    """,
}  # fmt: skip
FOLDED = ("BatchNorm_Fold/add", "BatchNorm_Fold/Rsqrt", "BatchNorm_Fold/mul", "BatchNorm_Fold/mul_1", "BatchNorm_Fold/bias", "mul_fold",
          "Conv2D_Fold", "add_fold")  # fmt: skip
CORRECTED = ("correction_mult", "post_conv_mul", "correction_add", "BatchNorm/Undo_Bessel_Correction",
             "BatchNorm_Fold/batch_norm_correction/correction_scale")  # fmt: skip


def placed(graph: Any) -> set[str]:
    return {op.name.rpartition("/")[0] for op in graph.get_operations() if op.type == "FakeQuantWithMinMaxVars"}


@pytest.fixture(params=[False, True], ids=["reference variables", "resource variables"])
def variables(request: pytest.FixtureRequest) -> Iterator[None]:
    """Variables of both kinds that graphs of TensorFlow 1 had."""
    before = v1.resource_variables_enabled()
    (v1.enable_resource_variables if request.param else v1.disable_resource_variables)()
    yield
    (v1.enable_resource_variables if before else v1.disable_resource_variables)()


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", PLACES)
def test_fake_quants_stand_where_the_first_rewriter_put_them(name: str, training: bool) -> None:
    graph, _, _ = build({**NETWORKS, **JOINED}[name], training, create_training_graph if training else create_eval_graph)
    assert placed(graph) == set(PLACES[name].split())
    with graph.as_default():
        names = {variable.op.name for variable in v1.global_variables()}
    ends = {f"{place}/{end}" for place in placed(graph) for end in ("min", "max")}
    averages = {f"{place}/{end}" for place in placed(graph) if "weights" not in place for end in ("min", "max")}
    kept = {f"{end.rpartition('/')[0]}/{end}/{part}" for end in averages for part in ("biased", "local_step")} if training else set()
    assert {name for name in names if "_quant" in name} == ends | kept


def test_names_go_by_the_order_in_which_layers_are_found() -> None:
    graph, _, _ = build(JOINED["branches"], False, create_eval_graph)
    behind = {place: graph.get_operation_by_name(f"{place}/FakeQuantWithMinMaxVars").inputs[0].op.name for place in placed(graph)}
    assert {place: op for place, op in behind.items() if "weights" not in place} == {
        "act_quant": "Relu_2", "post_activation_bypass_quant": "add", "act_quant_1": "Relu_3", "post_activation_bypass_quant_1": "add_1",
        "act_quant_2": "Relu", "act_quant_3": "Relu_1",
    }  # fmt: skip


def test_folded_batch_norms_have_the_names_of_old() -> None:
    for training, wanted in ((False, FOLDED), (True, (*FOLDED, *CORRECTED))):
        graph, _, _ = build(NETWORKS["resnet"], training, create_training_graph if training else create_eval_graph)
        names = {op.name for op in graph.get_operations()}
        assert {f"block0/a/{name}" for name in wanted} <= names


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("norm", ["fused", "spelled out"])
def test_what_a_folded_batch_norm_takes_its_statistics_from_is_not_rounded(norm: str, training: bool) -> None:
    graph, _, _ = build(one_layer(bias=True, norm=norm), training, create_training_graph if training else create_eval_graph)
    assert placed(graph) == {"a/weights_quant", "a/act_quant"}


def test_ranges_of_activations_are_averages_without_their_beginning() -> None:
    graph, x, y = build(NETWORKS["plain"], True, create_training_graph)
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        biased = 0.0
        for step in range(4):
            _, relu = session.run([y, "Relu:0"], feed(x, step))
            biased += (1 - 0.999) * (relu.max() - biased)
            assert value(session, "act_quant/max") == pytest.approx(biased / (1 - 0.999 ** (step + 1)), rel=1e-3)
            assert value(session, "act_quant/min") == 0
        assert value(session, "weights_quant/min") == value(session, "first_weights").min()


def test_rounding_begins_after_its_delay_and_ranges_before() -> None:
    graph, x, y = build(NETWORKS["plain"], True, lambda graph: create_training_graph(graph, quant_delay=3))
    plain_graph, plain_x, plain_y = build(NETWORKS["plain"], True)
    with v1.Session(graph=plain_graph) as session:
        with plain_graph.as_default():
            session.run(v1.global_variables_initializer())
        floats = session.run(plain_y, feed(plain_x))
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        runs = [session.run(y, feed(x)) for _ in range(4)]
        assert all(np.array_equal(run, floats) for run in runs[:2])
        assert not np.array_equal(runs[3], floats)
        assert value(session, "act_quant/max") != 6
    assert "act_quant/delayed_quant/Merge" in {op.name for op in graph.get_operations()}


def test_symmetric_ranges_are_as_wide_on_both_sides() -> None:
    graph, x, y = build(NETWORKS["plain"], True, lambda graph: experimental_create_training_graph(graph, symmetric=True))
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        session.run(y, feed(x))
        assert value(session, "weights_quant/min") == -value(session, "weights_quant/max")
        low, high = value(session, "act_quant/min"), value(session, "act_quant/max")
        assert low / high == pytest.approx(-256 / 254, rel=1e-3)


def test_a_scope_leaves_the_rest_as_it_is() -> None:
    graph, _, _ = build(NETWORKS["resnet"], True, lambda graph: experimental_create_training_graph(graph, scope="block1"))
    assert placed(graph)
    assert all(place.startswith("block1/") for place in placed(graph))


def _joined(*activations: Any, behind: Any = None, **given: Any) -> Network:
    """Two layers side by side, whose sum goes through `behind`, into a third."""

    def network(training: bool) -> tuple[Any, Any]:
        x = placeholder()
        a, b = (layer(x, name, 8, training, activation=f, norm="", bias=True) for name, f in zip("ab", activations, strict=True))
        y = layer(behind(a, b), "c", 4, training, norm="", bias=True, **given)
        return x, tf.reduce_mean(y, [1, 2])

    return network


def _partitioned(training: bool) -> tuple[Any, Any]:
    x = placeholder()
    with v1.variable_scope("a", partitioner=v1.fixed_size_partitioner(2, 3)):
        weights = v1.get_variable("weights", [3, 3, 3, 8], initializer=v1.truncated_normal_initializer(stddev=0.2))
        return x, tf.reduce_mean(tf.nn.relu(v1.nn.conv2d(x, weights, [1, 1, 1, 1], "SAME")))


# What tf.contrib.quantize left without a range, or in float altogether, and the FakeQuants that it needs besides the usual ones.
ADDED: dict[str, tuple[Network, str]] = {
    "leaky relu": (one_layer(activation=tf.nn.leaky_relu, norm="", bias=True), "a/LeakyRelu/activation_LeakyRelu_quant"),
    "leaky relu of two ops": (
        one_layer(activation=lambda x: tf.maximum(x, 0.2 * x), norm="", bias=True),
        "a/mul/activation_Mul_quant a/Maximum/activation_Maximum_quant",
    ),
    "relu of a sum of activations": (
        _joined(tf.nn.relu, tf.nn.relu, behind=lambda a, b: tf.nn.relu(a + b, name="end")), "end/activation_Relu_quant",
    ),
    "result that goes on beside its activation": (
        _joined(None, None, behind=lambda a, b: tf.concat([a, tf.nn.relu(a, name="end"), b], 3)), "a/BiasAdd/activation_BiasAdd_quant",
    ),
    "layer without bias": (one_layer(activation=tf.tanh, norm=""), ""),
    "dilated layer without bias": (one_layer(activation=tf.tanh, norm="", dilation=2), ""),
    "partitioned weights": (_partitioned, ""),
    "convolutions of one dimension": (NETWORKS["sequences"], "fc/weights_quant fc/act_quant"),
}  # fmt: skip


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", ADDED)
def test_what_the_first_rewriter_left_has_ranges(name: str, training: bool) -> None:
    network, added = ADDED[name]
    graph, _, _ = build(network, training, create_training_graph if training else create_eval_graph)
    scopes = {op.name.partition("/")[0] for op in graph.get_operations() if op.type == "Conv2D"}
    assert placed(graph) == {f"{scope}/{what}_quant" for scope in scopes for what in ("weights", "act")} | set(added.split())


def _gated(training: bool) -> tuple[Any, Any]:
    """With one Sigmoid and one Tanh inside the model, and one of each at its end."""
    x = placeholder()
    a, b = (layer(x, name, 8, training, activation=f, norm="", bias=True) for name, f in (("a", tf.tanh), ("b", tf.sigmoid)))
    scores = layer(tf.multiply(a, b, name="gated"), "c", 4, training, activation=tf.sigmoid, norm="", bias=True)
    loss = tf.multiply(v1.placeholder(tf.float32, scores.shape), scores, name="dice")
    return x, tf.reduce_mean(loss) + tf.reduce_mean(tf.math.log(scores))


@pytest.mark.parametrize("delay", [0, 5])
def test_inside_the_model_sigmoid_and_tanh_are_rounded_to_what_files_have(delay: int) -> None:
    graph, _, _ = build(_gated, True, lambda graph: create_training_graph(graph, quant_delay=delay))
    ends = {
        op.name.rpartition("/")[0]: (round(op.get_attr("min"), 9), round(op.get_attr("max"), 9), op.inputs[0].op.name)
        for op in graph.get_operations()
        if op.type == "FakeQuantWithMinMaxArgs"
    }
    assert ends == {
        "a/Tanh/activation_Tanh_quant": (-1, 127 / 128, "a/Tanh"),
        "b/Sigmoid/activation_Sigmoid_quant": (0, 255 / 256, "b/Sigmoid"),
    }
    assert "gated/activation_Mul_quant" in placed(graph)
    read = [tensor.op.name.removesuffix("/delayed_quant/Merge") for tensor in graph.get_operation_by_name("gated").inputs]
    assert [name.removesuffix("/FakeQuantWithMinMaxArgs") for name in read] == list(ends)
    assert all(tensor.op.name != "c/Sigmoid/activation_Sigmoid_quant" for tensor in graph.get_operation_by_name("dice").inputs)


def test_a_loss_s_maximum_stays_as_it_is() -> None:
    def network(training: bool) -> tuple[Any, Any]:
        x, y = one_layer(norm="", bias=True)(training)
        return x, tf.reduce_mean(tf.maximum(y, v1.placeholder(tf.float32, y.shape)) - tf.nn.relu(1 - y))

    graph, _, _ = build(network, True, create_training_graph)
    assert placed(graph) == {"a/weights_quant", "a/act_quant"}


def one_layer_last(training: bool) -> tuple[Any, Any]:
    x = placeholder()
    return x, layer(x, "a", 8, training, activation=tf.nn.relu, norm="", bias=True)


def test_an_output_that_nobody_reads_is_told() -> None:
    with pytest.warns(UserWarning, match="a/act_quant/FakeQuantWithMinMaxVars:0") as seen:
        build(one_layer_last, False, create_eval_graph)
    assert [warning.filename for warning in seen] == [build.__code__.co_filename]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(NETWORKS["plain"], False, create_eval_graph)


@pytest.mark.filterwarnings("ignore:nothing reads")
@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("output", ["a/Relu", "a/act_quant/FakeQuantWithMinMaxVars"])
def test_an_output_that_nobody_reads_keeps_its_range(output: str, saved: bool, tmp_path: Path) -> None:
    graph, x, _ = build(one_layer_last, False, create_eval_graph)
    given = np.random.default_rng(0).integers(0, 256, x.shape).astype(np.uint8)
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        rounded = session.run("a/act_quant/FakeQuantWithMinMaxVars:0", {x: (given - 128.0) / 32})
        frozen: Any = tinylite.freeze(session, [output])
    if saved:
        frozen.save(tmp_path / "frozen.pb")
        frozen = tmp_path / "frozen.pb"
    model = tinylite.convert(frozen, ["input"], [output], quantization=FullIntegerQuantization(input_stats={"input": (128.0, 32.0)}))
    (end,) = model.graph.outputs
    assert end.name == output
    assert end.quantization is not None
    assert end.quantization.scale[0] == pytest.approx(6 / 255)  # the range of the beginning
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert np.abs(found * end.quantization.scale[0] - rounded).max() <= 1.001 * end.quantization.scale[0]


def test_a_range_that_training_moves_is_not_frozen_beside_its_tensor() -> None:
    graph, _, _ = build(NETWORKS["plain"], True, create_training_graph)
    weights = graph.get_operation_by_name("weights_quant/FakeQuantWithMinMaxVars").inputs[0]
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        frozen = tinylite.freeze(session, [weights.name])
    assert {node.op for node in frozen.graph_def.node} <= {"Const", "Identity"}


def test_an_output_that_is_another_name_is_rounded() -> None:
    def network(training: bool) -> tuple[Any, Any]:
        x = placeholder()
        return x, tf.identity(layer(x, "a", 8, training, activation=None, norm="", bias=True), name="end")

    _, _, y = build(network, False, create_eval_graph)
    assert y.op.inputs[0].op.name == "a/act_quant/FakeQuantWithMinMaxVars"
    assert y.op.inputs[0].op.inputs[0].op.name == "a/BiasAdd"


def test_layers_that_stay_in_float_are_told() -> None:
    def network(training: bool) -> tuple[Any, Any]:
        x, y = one_layer(norm="", bias=True)(training)
        y = v1.nn.conv2d(y, np.ones((1, 1, 8, 4), np.float32), [1, 1, 1, 1], "SAME", name="fixed")
        return x, tf.reduce_mean(y)

    with pytest.warns(UserWarning, match="'fixed' stay in float"):
        build(network, False, create_eval_graph)


def test_gradients_before_the_rewrite_are_told() -> None:
    def network(training: bool) -> tuple[Any, Any]:
        x, y = NETWORKS["plain"](training)
        return x, tf.gradients(y[:, 0], v1.trainable_variables())[0]

    with pytest.warns(UserWarning, match="gradients"):
        build(network, True, create_training_graph)


def _optimized(graph: Any) -> None:
    with graph.as_default():
        loss = tf.reduce_sum(graph.get_tensor_by_name("softmax:0"))
        v1.train.AdamOptimizer().minimize(loss)


def _frozen(training: bool) -> tuple[Any, Any]:
    x = placeholder()
    return x, tf.nn.relu(v1.nn.conv2d(x, np.ones((3, 3, 3, 4), np.float32), [1, 1, 1, 1], "SAME"))


def _fed_weights(training: bool) -> tuple[Any, Any]:
    x, _ = placeholder(), variable("unused", [1])
    return x, tf.nn.relu(v1.nn.conv2d(x, v1.placeholder(tf.float32, [3, 3, 3, 4]), [1, 1, 1, 1], "SAME"))


def _fed_phase(training: bool) -> tuple[Any, Any]:
    x, phase = placeholder(), v1.placeholder_with_default(True, [])
    y = v1.nn.conv2d(x, variable("weights", [3, 3, 3, 4]), [1, 1, 1, 1], "SAME")
    one = tf.ones([4])
    norm, mean, _ = v1.nn.fused_batch_norm(y, one, one, epsilon=1e-3, is_training=True)
    average = variable("moving_mean", [4])
    v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, average.assign_sub((average - tf.where(phase, mean, average)) * 0.1))
    return x, tf.nn.relu(norm)


def _conditional(training: bool) -> tuple[Any, Any]:
    """A batch norm whose mode is fed, as a placeholder for Keras' learning phase makes it."""
    x, phase = placeholder(), v1.placeholder_with_default(True, [])
    y = v1.nn.conv2d(x, variable("weights", [3, 3, 3, 4]), [1, 1, 1, 1], "SAME")
    one, none = tf.ones([4]), tf.zeros([4])
    norm = v1.cond(
        phase,
        lambda: v1.nn.fused_batch_norm(y, one, none, epsilon=1e-3, is_training=True)[0],
        lambda: v1.nn.fused_batch_norm(y, one, none, none, one, epsilon=1e-3, is_training=False)[0],
    )
    return x, tf.nn.relu(norm)


@pytest.mark.parametrize(
    ("network", "before", "text"),
    [
        (NETWORKS["plain"], _optimized, "Training op found in graph"),
        (NETWORKS["plain"], create_training_graph, "already"),
        (_frozen, None, "frozen"),
        (lambda training: (placeholder(), placeholder()), None, "no layer to quantize: none of its ops"),
        (_fed_weights, None, "no layer to quantize: 'Conv2D' read no variable"),
        (_fed_phase, None, "moving averages"),
        (_conditional, None, "by what is fed"),
    ],
)
def test_graphs_that_the_first_rewriter_left_wrong_are_refused(network: Network, before: Any, text: str) -> None:
    graph, _, _ = build(network, True, before)
    with pytest.raises(QuantizeError, match=text):
        create_training_graph(graph)


def test_a_scope_is_rewritten_once_and_has_layers() -> None:
    graph, _, _ = build(NETWORKS["resnet"], True)
    with graph.as_default():
        for scope in ("block0", "block1/"):
            experimental_create_training_graph(scope=scope)
            with pytest.raises(QuantizeError, match="already"):
                experimental_create_training_graph(scope=scope)
        with pytest.raises(QuantizeError, match="'block' has no layer"):
            experimental_create_training_graph(scope="block")


def test_constant_inputs_are_no_frozen_weights() -> None:
    def network(training: bool) -> tuple[Any, Any]:
        x = tf.ones([1, 4])
        return x, tf.nn.softmax(tf.matmul(x, variable("weights", [4, 3])) + variable("bias", [3]))

    graph, _, _ = build(network, True, create_training_graph)
    assert placed(graph) == {"weights_quant", "act_quant"}


def test_a_training_graph_is_no_graph_to_convert() -> None:
    graph, _, y = build(NETWORKS["plain"], True, create_training_graph)
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        frozen = tinylite.freeze(session, [y.op.name])
    with pytest.raises(tinylite.ConvertError, match=r"is computed.*build the model anew with tinylite.quantize.create_eval_graph"):
        tinylite.convert(frozen)


def test_batch_norms_in_training_mode_are_refused_in_evaluation() -> None:
    graph, _, _ = build(NETWORKS["resnet"], True)
    with pytest.raises(QuantizeError, match="training mode"):
        create_eval_graph(graph)


@pytest.mark.parametrize(
    "given",
    [
        {"weight_bits": 1}, {"weight_bits": 8.5}, {"activation_bits": 17}, {"quant_delay": -1}, {"quant_delay": 1500.5},
        {"quant_delay": "2000"}, {"freeze_bn_delay": -2}, {"scope": 5},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(given: dict[str, Any]) -> None:
    """The graph stays as it is."""
    graph, _, _ = build(NETWORKS["plain"], True)
    before = graph.as_graph_def()
    with pytest.raises(QuantizeError, match=next(iter(given))):
        experimental_create_training_graph(graph, **given)
    assert graph.as_graph_def() == before


def test_what_is_no_graph_that_takes_ops_is_told() -> None:
    graph, _, _ = build(NETWORKS["plain"], True)
    with pytest.raises(QuantizeError, match=r"GraphDef is not a tf\.Graph"):
        create_training_graph(graph.as_graph_def())
    graph.finalize()
    with pytest.raises(QuantizeError, match="finalized"):
        create_training_graph(graph)


def test_without_tensorflow_it_says_what_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(tinylite.MissingPackageError, match="rewriting its graphs needs it"):
        create_eval_graph()
