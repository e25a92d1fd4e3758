"""Training with the rounding that the file will have, and freezing what was learned."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylite import Frozen, freeze
from tinylite.quantize import create_eval_graph, create_training_graph

from .network import network

__all__ = ["train", "trained"]

BATCH, RATE = 64, 1e-3


def train(tf: Any, inputs: np.ndarray, labels: np.ndarray, words: int, steps: int, checkpoint: str, quantized: bool) -> None:
    """Train on coefficients [n, 49, 40] and labels [n], and save; `quantized` rewrites the graph before the optimizer is added."""
    v1 = tf.compat.v1
    rng = np.random.default_rng(0)
    with tf.Graph().as_default() as graph, v1.Session(config=_threads(v1)) as session:
        v1.set_random_seed(0)
        x, scores = network(tf, words, dropout=0.5)
        wanted, rate = v1.placeholder(tf.int64, [None]), v1.placeholder(tf.float32, [])
        loss = -tf.reduce_mean(tf.math.log(tf.gather(scores, wanted, batch_dims=1) + 1e-7))
        if quantized:
            create_training_graph(graph, quant_delay=0)
        step = v1.train.AdamOptimizer(rate).minimize(loss)
        session.run(v1.global_variables_initializer())
        for count in range(steps):
            chosen = rng.integers(0, len(inputs), BATCH)
            session.run(step, {x: inputs[chosen], wanted: labels[chosen], rate: RATE * (1 - count / steps)})
        v1.train.Saver().save(session, checkpoint)


def trained(tf: Any, inputs: np.ndarray, words: int, checkpoint: str, quantized: bool) -> tuple[np.ndarray, Frozen]:
    """What a trained network makes of coefficients, scores [n, words], and the network frozen.

    The graph is built anew, without what only training needs, and rewritten as training's was.
    """
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph, v1.Session(config=_threads(v1)) as session:
        x, scores = network(tf, words)
        if quantized:
            create_eval_graph(graph)
        v1.train.Saver().restore(session, checkpoint)
        return session.run(scores, {x: inputs}), freeze(session, ["scores"])


def _threads(v1: Any) -> Any:
    return v1.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=1)
