"""What the network sees of a second of sound: mel-frequency cepstral coefficients, computed by tinylite's own operators."""

from __future__ import annotations

import numpy as np
from flatbuffers import flexbuffers

from tinylite import Graph, Interpreter, Model, Op, Tensor

from .sounds import RATE

__all__ = ["COEFFICIENTS", "FRAMES", "RANGE", "features", "front_end"]

WINDOW, STRIDE = RATE * 40 // 1000, RATE * 20 // 1000  # 40 ms every 20 ms
FRAMES = 1 + (RATE - WINDOW) // STRIDE
COEFFICIENTS = 40
# Between these coefficients lie; the file's input stores 0..255 for it.
RANGE = (-36.0, 24.0)


def front_end() -> Model:
    """Samples [16000, 1] to coefficients [1, 49, 40], with the custom operators that TensorFlow Lite's demo has for it."""

    def custom(code: str, inputs: list[Tensor], output: Tensor, **options: float) -> Op:
        return Op("CUSTOM", inputs, [output], custom_code=code, custom_options=bytes(flexbuffers.Dumps(options)))

    samples = Tensor("samples", (RATE, 1), has_rank=True)
    rate = Tensor("rate", (1,), "INT32", has_rank=True)
    rate.data = np.array([RATE], np.int32)
    spectrum = Tensor("spectrum", (1, FRAMES, 513), has_rank=True)
    coefficients = Tensor("coefficients", (1, FRAMES, COEFFICIENTS), has_rank=True)
    ops = [
        custom("AudioSpectrogram", [samples], spectrum, window_size=WINDOW, stride=STRIDE, magnitude_squared=True),
        custom("Mfcc", [spectrum, rate], coefficients, upper_frequency_limit=4000, lower_frequency_limit=20,
               filterbank_channel_count=40, dct_coefficient_count=COEFFICIENTS),
    ]  # fmt: skip
    return Model([Graph("front end", [samples], [coefficients], ops)])


def features(samples: np.ndarray) -> np.ndarray:
    """Coefficients float32 [n, 49, 40] of samples [n, 16000]."""
    interpreter = Interpreter(model_content=front_end().to_bytes())
    interpreter.allocate_tensors()
    given, asked = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    found = np.empty((len(samples), FRAMES, COEFFICIENTS), np.float32)
    for index, second in enumerate(samples):
        interpreter.set_tensor(given, second[:, None])
        interpreter.invoke()
        found[index] = interpreter.get_tensor(asked)[0]
    return found
