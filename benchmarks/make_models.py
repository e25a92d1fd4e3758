"""Make the models that the benchmarks run: python -m benchmarks.make_models --help.

Needs TensorFlow, and scikit-learn for the photographs of picture_to_picture: pip install -e '.[examples]'.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import click
import numpy as np

from tinylite import Model, convert, freeze
from tinylite.files.io import write_whole
from tinylite.limits import size_text
from tinylite.quantize import FullIntegerQuantization, WeightQuantization, quantize_model

from .calibration import Calibration
from .networks import KERAS, SEED, Network

__all__ = ["MAKERS", "TYPES"]

TYPES = ("float", "int8", "uint8", "dynamic")
# LiteRT has no uint8 kernels of these networks' operators: UNIDIRECTIONAL_SEQUENCE_LSTM, BATCH_MATMUL.
NO_UINT8 = ("lstm", "transformer")

Files = dict[str, Callable[[], bytes]]  # what makes each type's file


def of_keras(make: Callable[[], Network]) -> Files:
    """TensorFlow's converter makes all but uint8 files, which it no longer can: tinylite makes these from the float file."""
    import keras
    import tf_keras

    for package in (keras, tf_keras):
        package.backend.clear_session()  # names of layers have numbers, which go on from network to network
        package.utils.set_random_seed(SEED)
    network = make()
    made: Files = {type: lambda type=type: _by_tensorflow(network, type) for type in TYPES}  # type: ignore[misc]
    made["uint8"] = lambda: _uint8(Model.load(_by_tensorflow(network, "float")), network.samples)
    return made


def _by_tensorflow(network: Network, type: str) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network.model)
    if type != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if type == "int8":

        def examples() -> Iterator[list[np.ndarray]]:
            for sample in network.samples:
                yield [sample[None]]

        converter.representative_dataset = examples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    # It prints the signature of what it converts, and warns that samples are not statistics.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bytes(converter.convert())


def _uint8(model: Model, samples: np.ndarray) -> bytes:
    """Weights and activations of uint8 with one scale each, as TensorFlow 1 made them; ranges are those of runs on the samples."""
    quantization = FullIntegerQuantization("UINT8", "mlir", range_sources=[Calibration(samples)])
    return quantize_model(model, quantization).to_bytes()


def picture_to_picture() -> Files:
    """The tutorial's network, trained for half a minute with fake quantization, for the tutorial's held-out windows."""
    from tinylite.examples.picture_to_picture.photographs import HEIGHT, WIDTH, Photographs
    from tinylite.examples.picture_to_picture.training import evaluation_graph, train
    from tinylite.examples.picture_to_picture.tutorial import SMALL

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = f"{folder}/model.ckpt"
        train(Photographs(SEED), SMALL, checkpoint, say=lambda text: None)
        frozen = freeze(evaluation_graph(), ["picture"], checkpoint=checkpoint)

    def file(quantization: Any = None, **arguments: Any) -> bytes:
        shapes = {"photograph": [1, HEIGHT, WIDTH, 3]}
        return convert(frozen, ["photograph"], ["picture"], input_shapes=shapes, quantization=quantization, **arguments).to_bytes()

    def integers(type: str, mean: float) -> bytes:
        return file(FullIntegerQuantization(type, input_stats={"photograph": (mean, 127.5)}))

    return {
        "float": lambda: file(drop_fake_quant=True),
        "int8": lambda: integers("INT8", -0.5),
        "uint8": lambda: integers("UINT8", 127.5),
        "dynamic": lambda: file(WeightQuantization(), drop_fake_quant=True),
    }


MAKERS: dict[str, Callable[[], Files]] = {
    **{name: lambda make=make: of_keras(make) for name, make in KERAS.items()},  # type: ignore[misc]
    "picture_to_picture": picture_to_picture,
}


def types_of(name: str) -> list[str]:
    """The types that a network is made in."""
    return [type for type in TYPES if not (type == "uint8" and name in NO_UINT8)]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("models"), show_default=True)
@click.option("--type", "types", type=click.Choice(TYPES), multiple=True, help="Only files of this type. May be repeated. [default: all]")
@click.option("--again", is_flag=True, help="Also make those that are in the folder already.")
def main(names: tuple[str, ...], output: Path, types: tuple[str, ...], again: bool) -> None:
    """Make networks to time and write each as NAME_TYPE.tflite; all, or NAMES.

    Weights are random, the same each time; nothing is downloaded. Float, int8 and dynamic-range files are by TensorFlow's
    converter, uint8 files by tinylite's quantizer, and picture_to_picture by tinylite alone.
    """
    unknown = sorted(set(names) - set(MAKERS))
    if unknown:
        raise click.UsageError(f"{', '.join(unknown)}: no such network; there are {', '.join(MAKERS)}")
    output.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names or MAKERS:
        targets = {type: output / f"{name}_{type}.tflite" for type in types_of(name) if type in (types or TYPES)}
        if not again:
            targets = {type: target for type, target in targets.items() if not target.exists()}
        if not targets:
            continue
        files = MAKERS[name]()
        for type, target in targets.items():
            try:
                content = files[type]()
            except Exception as error:  # whatever a converter raises: the other models are made all the same
                failed.append(target.name)
                click.echo(f"{target}: {str(error).strip().splitlines()[0]}", err=True)
                continue
            write_whole(str(target), [content])
            click.echo(f"{target}: {size_text(len(content))}")
    if failed:
        raise click.ClickException(f"not made: {', '.join(failed)}")


if __name__ == "__main__":
    main()
