"""Train with fake quantization: the two graphs that it takes, one to train and one to freeze."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tinylite.freezing.tf import tensorflow
from tinylite.quantize import create_eval_graph, experimental_create_training_graph

from .network import network
from .photographs import Photographs

__all__ = ["SEED", "Course", "evaluation_graph", "session", "train"]

SEED = 7
THREADS = 2


class Course(NamedTuple):
    """How training goes: in batches of `batch` squares of `size` pixels each way."""

    steps: int
    freeze_bn_delay: int  # the step from which batch norms use their averages
    quant_delay: int  # the step from which weights and activations are rounded to 8 bits
    batch: int = 32
    size: int = 32


def train(photographs: Photographs, course: Course, checkpoint: str, say: Callable[[str], None]) -> None:
    """Build the training graph, rewrite it, train it, and write a checkpoint."""
    tf = tensorflow()
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(SEED)
        photograph = v1.placeholder(tf.float32, [None, course.size, course.size, 3], name="photograph")
        wanted = v1.placeholder(tf.float32, [None, course.size, course.size, 3], name="wanted")
        loss = tf.reduce_mean(tf.abs(network(photograph, training=True) - wanted))

        # Rewrite the graph when the loss is built, and before the optimizer: gradients are to pass through the rounding. Batch norms
        # are frozen early, since a picture's colours should not depend on what else is in its batch. A classifier would not mind,
        # and be rewritten by create_training_graph(graph, quant_delay=course.quant_delay).
        experimental_create_training_graph(graph, quant_delay=course.quant_delay, freeze_bn_delay=course.freeze_bn_delay)

        step = v1.train.get_or_create_global_step()
        rate = v1.train.cosine_decay(5e-3, step, course.steps)
        with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            update = v1.train.AdamOptimizer(rate).minimize(loss, step)

        with session(graph) as running:
            running.run(v1.global_variables_initializer())
            started = time.perf_counter()
            losses: list[float] = []
            for number in range(1, course.steps + 1):
                photos, cartoons = photographs.batch(course.batch, course.size)
                losses.append(running.run([loss, update], {photograph: photos, wanted: cartoons})[0])
                if number % (course.steps // 10) == 0:
                    rounding = "rounded to 8 bits" if number > course.quant_delay else "in float"
                    mean, seconds = sum(losses) / len(losses), time.perf_counter() - started
                    say(f"step {number} of {course.steps}, {rounding}: loss {mean:.4f}, {seconds:.0f} s")
                    losses.clear()
            v1.train.Saver().save(running, checkpoint)


def evaluation_graph() -> Any:
    """The graph to freeze: for pictures of any size, batch norms in inference mode, ranges as training left them."""
    tf = tensorflow()
    with tf.Graph().as_default() as graph:
        network(tf.compat.v1.placeholder(tf.float32, [None, None, None, 3], name="photograph"), training=False)
        create_eval_graph(graph)
    return graph


def session(graph: Any) -> Any:
    """A session on a fixed number of threads, which has a say in how sums are rounded."""
    v1 = tensorflow().compat.v1
    return v1.Session(graph=graph, config=v1.ConfigProto(intra_op_parallelism_threads=THREADS, inter_op_parallelism_threads=1))
