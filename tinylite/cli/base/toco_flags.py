"""Flags of toco's command lines that change nothing in `tinylite convert`: each says so, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .flags import without_effect

__all__ = ["flags_without_effect"]

F = TypeVar("F", bound=Callable[..., Any])

_LOGS = "messages go to stderr, and there are no levels of them"
# Flags that take a value, and switches: why each changes nothing.
_VALUES = {
    "--accumulation_type": "kernels add FLOAT16 weights up in FLOAT32",
    "--conversion_summary_dir": "the report on the terminal says what was done",
    "--dedupe_array_min_size_bytes": "equal constants are stored once, of whatever size",
    "--default_int16_ranges_max": "no tensor is quantized to INT16",
    "--default_int16_ranges_min": "no tensor is quantized to INT16",
    "--graphviz_first_array": "--dump writes whole graphs",
    "--graphviz_last_array": "--dump writes whole graphs",
    "--log_dir": _LOGS,
    "--minloglevel": _LOGS,
    "--model_checks": "operators are not counted; the report shows how many of each there are",
    "--stderrthreshold": _LOGS,
    "--v": _LOGS,
    "--vmodule": _LOGS,
}
_SWITCHES = {
    "--allow_bfloat16": "graphs in BFLOAT16 are converted to FLOAT32",
    "--allow_nonascii_arrays": "names may have any letters",
    "--allow_nonexistent_arrays": "names that the graph does not have are errors",
    "--alsologtostderr": _LOGS,
    "--debug_disable_recurrent_cell_fusion": "recurrent cells are fused with --fuse_lstm only",
    "--drop_control_dependency": "control dependencies are always dropped",
    "--dump_graphviz_video": "--dump writes the graph after every pass",
    "--enable_v1_converter": "there is one converter",
    "--experimental_new_converter": "there is one converter",
    "--experimental_new_quantizer": "--quantizer_policy chooses between the policies",
    "--ignore_high_fanout_ops": "--dump writes all operators",
    "--logtostderr": _LOGS,
    "--split_tflite_lstm_inputs": "LSTM operators have all their inputs",
    "--unfold_batchmatmul": "BATCH_MATMUL is an operator that runs as it is",
}


def flags_without_effect(command: F) -> F:
    """Add the flags without effect to a command, each with a line that says so and why."""
    for name, why in {**_VALUES, **_SWITCHES}.items():
        command = without_effect(name, switch=name in _SWITCHES, why=why)(command)
    return command
