"""Cases of AudioSpectrogram."""

from __future__ import annotations

from flatbuffers import flexbuffers

from ..cases import Case, T


def spectrogram(samples: int, channels: int, **options: object) -> Case:
    given = {"custom_code": "AudioSpectrogram", "custom_options": bytes(flexbuffers.Dumps(options))}
    name = f"AudioSpectrogram-{samples}-{channels}-{','.join(f'{key}={value}' for key, value in options.items())}"
    return Case("CUSTOM", [T((samples, channels), low=-1, high=1)], [T(())], given, name=name)


CASES = [
    spectrogram(1600, 1, window_size=480, stride=160, magnitude_squared=True),
    spectrogram(300, 2, window_size=64, stride=50, magnitude_squared=False),
    spectrogram(100, 3, window_size=100, stride=1, magnitude_squared=True),
    spectrogram(20, 1, window_size=2, stride=3.7),
    spectrogram(20, 1, window_size=21, stride=3),
]
