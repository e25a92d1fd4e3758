"""Ops that TFLite ships as custom operators, with the FlexBuffer options that their kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...model import Tensor
from ..call import Call
from ..custom import custom_options
from .registry import translates


def _emit(call: Call, inputs: Sequence[Tensor], shapes: Sequence[tuple[int, ...]], options: dict[str, Any]) -> list[Tensor]:
    """The custom operator of the node's name, with FLOAT32 outputs."""
    types = ["FLOAT32"] * len(shapes)
    return call.emit_all("CUSTOM", inputs, types, shapes, custom_code=call.op, custom_options=custom_options(options))


def _fits(length: int, window: int, stride: int) -> int:
    return -1 if length < 0 else max(0, 1 + (length - window) // stride)


@translates("AudioMicrofrontend")
def audio_microfrontend(call: Call) -> Sequence[Tensor]:
    """16-bit samples to [frames, channels]. Its kernel is not part of TFLite, and must be added to an interpreter."""
    call.require(
        call.translator.may_be_custom(call.op), "its kernel is not part of LiteRT",
        "Let it through with allow_custom_ops and register the kernel, or cut the graph after it",
    )  # fmt: skip
    (samples,) = call.shape(call.input(0))
    rate, size, step = (
        int(call.attribute(name, default)) for name, default in (("sample_rate", 16000), ("window_size", 25), ("window_step", 10))
    )
    size, step = (size * rate // 1000, step * rate // 1000)
    frames = -1 if samples < 0 else 0 if samples < size else (samples - size) // step // int(call.attribute("frame_stride", 1)) + 1
    contexts = 1 + int(call.attribute("left_context", 0)) + int(call.attribute("right_context", 0))
    is_float = call.attribute("out_type", "UINT16") == "FLOAT32"
    options = custom_options({**call.node.attributes, "out_type": None, "out_float": is_float})
    after = (frames, int(call.attribute("num_channels", 32)) * contexts)
    return call.emit_all(
        "CUSTOM", call.inputs, ["FLOAT32" if is_float else "INT32"], [after], custom_code=call.op, custom_options=options
    )  # fmt: skip


@translates("AudioSpectrogram", ranks=(2,))
def audio_spectrogram(call: Call) -> Sequence[Tensor]:
    """[samples, channels] to [channels, windows, bins]; a window is padded to the next power of 2."""
    samples, channels = call.shape(call.input(0))
    window, stride = int(call.attribute("window_size")), int(call.attribute("stride"))
    bins = (1 << (window - 1).bit_length()) // 2 + 1
    options = dict(window_size=window, stride=stride, magnitude_squared=bool(call.attribute("magnitude_squared")))
    return _emit(call, call.inputs, [(channels, _fits(samples, window, stride), bins)], options)


@translates("Mfcc", ranks=(3,))
def mfcc(call: Call) -> Sequence[Tensor]:
    """[channels, windows, bins] and the rate to [channels, windows, coefficients]; the kernel reads whole numbers."""
    spectrogram, rate = call.inputs
    defaults = dict(upper_frequency_limit=4000, lower_frequency_limit=20, filterbank_channel_count=40, dct_coefficient_count=13)
    options = {name: int(call.attribute(name, default)) for name, default in defaults.items()}
    after = (*call.shape(spectrogram)[:2], options["dct_coefficient_count"])
    return _emit(call, [spectrogram, call.reshape(rate, (1,))], [after], options)


@translates("TFLite_Detection_PostProcess")
def detection_post_process(call: Call) -> Sequence[Tensor]:
    """Boxes [1, n, 4], classes [1, n], scores [1, n], and how many there are."""
    names = {
        "max_detections": int, "max_classes_per_detection": int, "num_classes": int, "nms_score_threshold": float,
        "nms_iou_threshold": float, "y_scale": float, "x_scale": float, "h_scale": float, "w_scale": float,
        "detections_per_class": int, "use_regular_nms": bool,
    }  # fmt: skip
    options = {
        name: kind(call.attribute(name)) for name, kind in names.items() if call.attribute(name) is not None
    }  # fmt: skip
    missing = sorted(set(list(names)[:9]) - set(options))
    call.require(not missing, f"it has no {', '.join(missing)}", "Export the graph again with export_tflite_ssd_graph.py")
    count = options["max_detections"] * options["max_classes_per_detection"]
    return _emit(call, call.inputs, [(1, count, 4), (1, count), (1, count), (1,)], options)
