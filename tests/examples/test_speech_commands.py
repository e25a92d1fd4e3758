"""The speech commands tutorial in its small version, from sounds to a uint8 file that distinguishes them."""

from __future__ import annotations

import re
from pathlib import Path
from wave import open as wav_file

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import FileError, Model
from tinylite.examples.speech_commands import listen
from tinylite.examples.speech_commands.features import COEFFICIENTS, FRAMES, features, front_end
from tinylite.examples.speech_commands.sounds import RATE, augmented, recordings, synthetic

INPUTS = Path(__file__).parents[3] / "shared" / "inputs"


def test_augmented_sounds_are_many_and_always_the_same() -> None:
    samples, labels, names = augmented(synthetic(), 4, seed=1)
    assert names == ["_silence_", "down", "up"]
    assert samples.shape == (12, RATE)
    assert np.bincount(labels).tolist() == [4, 4, 4]
    assert len({sound.tobytes() for sound in samples}) == 12
    assert np.array_equal(samples, augmented(synthetic(), 4, seed=1)[0])


def test_features_are_frames_of_coefficients() -> None:
    found = features(augmented(synthetic(), 1, seed=1)[0])
    assert found.shape == (3, FRAMES, COEFFICIENTS)
    assert np.isfinite(found).all()


def test_one_word_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="two words"):
        recordings([str(tmp_path)])


@pytest.mark.skipif(not INPUTS.exists(), reason="needs ../shared/inputs")
def test_words_are_the_names_of_files_or_of_folders(tmp_path: Path) -> None:
    files = sorted(INPUTS.glob("*_1000ms.wav"))
    for file in files:
        folder = tmp_path / file.stem.partition("_")[0]
        folder.mkdir()
        (folder / "a.wav").write_bytes(file.read_bytes())
    by_name, by_folder = recordings([str(file) for file in files]), recordings([str(tmp_path)])
    assert list(by_name) == list(by_folder) == ["no", "yes"]
    assert all(np.array_equal(by_name[word], by_folder[word]) for word in by_name)


def test_the_whole_tutorial(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from tinylite.examples.speech_commands.__main__ import main

    sources = [str(path) for path in sorted(INPUTS.glob("*_1000ms.wav"))]
    call = CliRunner().invoke(main, ["--small", "--output", str(tmp_path), *sources], catch_exceptions=False)
    assert call.exit_code == 0, call.output
    right = {
        kind.strip(): float(share) for kind, share in re.findall(r"^ *([\w -]+): +([\d.]+)% of the test right", call.output, re.MULTILINE)
    }
    assert right["fake-quantized"] > 90
    assert abs(right["uint8 file"] - right["fake-quantized"]) <= 0.5
    near = re.search(r"within one step .* in ([\d.]+)%", call.output)
    assert near is not None
    assert float(near[1]) >= 99
    path = tmp_path / "speech_commands_uint8.tflite"
    assert {t.type for t in Model.load(path).graph.all_tensors() if t.type != "INT32"} == {"UINT8"}
    for source in sources:
        call = CliRunner().invoke(listen.main, [str(path), source], catch_exceptions=False)
        assert call.output.split(": ")[1].startswith(Path(source).stem.partition("_")[0])
    model = Model.load(path)
    model.associated_files.clear()  # as the command line makes it
    model.save(path)
    for source in sources[:1]:
        assert ": word 1 (" in CliRunner().invoke(listen.main, [str(path), source], catch_exceptions=False).output


def test_another_model_is_told_in_one_line(tmp_path: Path) -> None:
    front_end().save(tmp_path / "other.tflite")
    wave = tmp_path / "a.wav"
    with wav_file(str(wave), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.zeros(RATE, np.int16).tobytes())
    call = CliRunner().invoke(listen.main, [str(tmp_path / "other.tflite"), str(wave)], catch_exceptions=False)
    assert call.exit_code == 1
    assert call.output == f"Error: {tmp_path / 'other.tflite'} takes float32, not uint8. Give the tutorial's speech_commands_uint8.tflite\n"
