"""Models of Keras 3 and Keras 2, one for each layer in each of its variants, and small whole networks.

Each is built by `model(name, keras)`, from the module that is given; its batch is open. `MODELS` says what an entry is made of.
"""

# ruff: noqa: N802 - functions are called what their models are

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

__all__ = ["MODELS", "feeds", "model", "names"]


@dataclass(frozen=True)
class Input:
    """The shape of an input after its batch, and from where to where its whole numbers go, if it has such."""

    shape: Sequence[int | None]
    numbers: tuple[int, int] | None = None
    dtype: str = "float32"


@dataclass(frozen=True)
class Entry:
    """`apply(keras, *inputs)` returns the outputs."""

    apply: Callable[..., Any]
    inputs: Sequence[Input]


IMAGE = Input((8, 9, 4))
VOLUME = Input((4, 6, 5, 3))
SEQUENCE = Input((8, 6))
VECTOR = Input((7,))
FRAMES = Input((4, 6, 5, 2))
WORDS = Input((8,), (0, 20), "int32")
TWO = (SEQUENCE, Input((5, 6)))

MODELS: dict[str, Entry] = {}

# A layer, or several in a row, of keras.layers.
Layers = Callable[[Any], Any]


def _row(make: Layers, keras: Any, x: Any) -> Any:
    made = make(keras.layers)
    for layer in made if isinstance(made, list) else [made]:
        x = layer(x)
    return x


def _add(given: Input, **layers: Layers) -> None:
    MODELS.update({name: Entry(partial(_row, make), [given]) for name, make in layers.items()})


def _wide(make: Callable[..., Any], *inputs: Input) -> None:
    """Add a model with several inputs, or where several layers read one tensor, under its function's name."""
    MODELS[make.__name__.strip("_")] = Entry(make, inputs)


_add(
    VECTOR,
    Dense=lambda k: k.Dense(5),
    Dense_relu=lambda k: k.Dense(5, activation="relu"),
    Dense_softmax=lambda k: k.Dense(5, activation="softmax"),
    Dense_BN=lambda k: [k.Dense(5), k.BatchNormalization()],
    BatchNormalization_2d=lambda k: k.BatchNormalization(),
    Normalization=lambda k: k.Normalization(mean=np.arange(7.0), variance=np.arange(1.0, 8.0)),
    SpectralNormalization=lambda k: k.SpectralNormalization(k.Dense(5)),
    RepeatVector=lambda k: k.RepeatVector(3),
    Discretization=lambda k: k.Discretization([-1.0, 0.0, 0.5]),
    Dropout=lambda k: k.Dropout(0.5),
    AlphaDropout=lambda k: k.AlphaDropout(0.5),
    GaussianNoise=lambda k: k.GaussianNoise(0.5),
    ActivityRegularization=lambda k: k.ActivityRegularization(0.1),
)

_add(
    SEQUENCE,
    Dense_3d=lambda k: k.Dense(5),
    Conv1D=lambda k: k.Conv1D(5, 3),
    Conv1D_causal=lambda k: k.Conv1D(5, 3, padding="causal"),
    Conv1D_dil=lambda k: k.Conv1D(5, 3, dilation_rate=2, padding="same"),
    Conv1D_causal_dil=lambda k: k.Conv1D(5, 3, dilation_rate=2, padding="causal"),
    Conv1D_stride=lambda k: k.Conv1D(5, 3, strides=2, padding="same", activation="relu"),
    Conv1D_groups=lambda k: k.Conv1D(4, 3, groups=2),
    SeparableConv1D=lambda k: k.SeparableConv1D(5, 3),
    DepthwiseConv1D=lambda k: k.DepthwiseConv1D(3, depth_multiplier=2),
    Conv1DTranspose=lambda k: k.Conv1DTranspose(5, 3, strides=2),
    BatchNormalization_3d=lambda k: k.BatchNormalization(),
    LayerNormalization=lambda k: k.LayerNormalization(),
    UnitNormalization=lambda k: k.UnitNormalization(),
    RMSNormalization=lambda k: k.RMSNormalization(),
    PReLU=lambda k: k.PReLU(shared_axes=[1]),
    PReLU_full=lambda k: k.PReLU(),
    ELU=lambda k: k.ELU(0.7),
    LeakyReLU=lambda k: k.LeakyReLU(),
    ReLU_max6=lambda k: k.ReLU(6.0),
    ReLU_slope=lambda k: k.ReLU(6.0, negative_slope=0.2, threshold=0.1),
    ReLU_max1=lambda k: k.ReLU(1.0),
    Softmax_layer=lambda k: k.Softmax(axis=1),
    MaxPooling1D=lambda k: k.MaxPooling1D(2),
    AveragePooling1D=lambda k: k.AveragePooling1D(3, 2, padding="same"),
    GlobalAveragePooling1D=lambda k: k.GlobalAveragePooling1D(),
    GlobalMaxPooling1D=lambda k: k.GlobalMaxPooling1D(),
    ZeroPadding1D=lambda k: k.ZeroPadding1D((1, 2)),
    Cropping1D=lambda k: k.Cropping1D((1, 2)),
    UpSampling1D=lambda k: k.UpSampling1D(2),
    Flatten=lambda k: k.Flatten(),
    Reshape=lambda k: k.Reshape((4, 12)),
    Reshape_m1=lambda k: k.Reshape((-1, 3)),
    Permute=lambda k: k.Permute((2, 1)),
    Masking=lambda k: k.Masking(),
    LSTM=lambda k: k.LSTM(5),
    LSTM_seq=lambda k: k.LSTM(5, return_sequences=True),
    LSTM_unroll=lambda k: k.LSTM(5, unroll=True),
    LSTM_stacked=lambda k: [k.LSTM(5, return_sequences=True), k.LSTM(4)],
    LSTM_bidir=lambda k: k.Bidirectional(k.LSTM(5, return_sequences=True)),
    LSTM_bidir_sum=lambda k: k.Bidirectional(k.LSTM(5), merge_mode="sum"),
    LSTM_back=lambda k: k.LSTM(5, go_backwards=True),
    LSTM_plain=lambda k: k.LSTM(5, activation="relu", recurrent_activation="hard_sigmoid", use_bias=False),
    LSTM_state=lambda k: k.LSTM(5, return_state=True),
    LSTM_masked=lambda k: [k.Masking(), k.LSTM(5, return_sequences=True)],
    GRU=lambda k: k.GRU(5),
    GRU_seq=lambda k: k.GRU(5, return_sequences=True),
    GRU_unroll=lambda k: k.GRU(5, unroll=True),
    GRU_stacked=lambda k: [k.GRU(5, return_sequences=True), k.GRU(4)],
    GRU_bidir=lambda k: k.Bidirectional(k.GRU(5, return_sequences=True)),
    GRU_back=lambda k: k.GRU(5, go_backwards=True),
    GRU_noreset=lambda k: k.GRU(5, reset_after=False),
    GRU_state=lambda k: k.GRU(5, return_state=True, return_sequences=True),
    GRU_masked=lambda k: [k.Masking(), k.GRU(5)],
    SimpleRNN=lambda k: k.SimpleRNN(5),
    SimpleRNN_seq=lambda k: k.SimpleRNN(5, return_sequences=True),
    SimpleRNN_unroll=lambda k: k.SimpleRNN(5, unroll=True),
    SimpleRNN_stacked=lambda k: [k.SimpleRNN(5, return_sequences=True), k.SimpleRNN(4)],
    SimpleRNN_bidir=lambda k: k.Bidirectional(k.SimpleRNN(5, return_sequences=True)),
    SimpleRNN_back=lambda k: k.SimpleRNN(5, go_backwards=True),
    RNN_StackedLSTMCell=lambda k: k.RNN([k.LSTMCell(5), k.LSTMCell(4)]),
    TimeDistributed_Dense=lambda k: k.TimeDistributed(k.Dense(5)),
    EinsumDense=lambda k: k.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d"),
    EinsumDense_heads=lambda k: k.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"),
)

_add(
    IMAGE,
    Conv2D=lambda k: k.Conv2D(5, 3),
    Conv2D_relu6=lambda k: [k.Conv2D(5, 3, padding="same"), k.ReLU(6.0)],
    Conv2D_dilated=lambda k: k.Conv2D(5, 3, dilation_rate=2, padding="same"),
    Conv2D_groups=lambda k: k.Conv2D(6, 3, groups=2),
    Conv2D_stride=lambda k: k.Conv2D(5, 3, strides=2, padding="same"),
    DepthwiseConv2D=lambda k: k.DepthwiseConv2D(3),
    DepthwiseConv2D_dil=lambda k: k.DepthwiseConv2D(3, dilation_rate=2, padding="same", depth_multiplier=2),
    DepthwiseConv2D_stride=lambda k: k.DepthwiseConv2D(3, strides=2, padding="same"),
    SeparableConv2D=lambda k: k.SeparableConv2D(5, 3, padding="same"),
    Conv2DTranspose=lambda k: k.Conv2DTranspose(5, 3, strides=2, padding="same"),
    Conv2DTranspose_valid=lambda k: k.Conv2DTranspose(5, 3, activation="relu"),
    Conv2DTranspose_more=lambda k: k.Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=0),
    Conv2DTranspose_nobias=lambda k: k.Conv2DTranspose(5, 4, strides=3, use_bias=False),
    Conv2D_BN_relu=lambda k: [k.Conv2D(5, 3, use_bias=False), k.BatchNormalization(), k.ReLU()],
    DWConv_BN_relu6=lambda k: [k.DepthwiseConv2D(3), k.BatchNormalization(), k.ReLU(6.0)],
    ZeroPad_Conv=lambda k: [k.ZeroPadding2D(((0, 1), (0, 1))), k.Conv2D(5, 3, strides=2)],
    BatchNormalization_4d=lambda k: k.BatchNormalization(),
    BN_noscale=lambda k: k.BatchNormalization(scale=False, center=False),
    LayerNormalization_4d=lambda k: k.LayerNormalization(axis=[1, 2, 3]),
    GroupNormalization=lambda k: k.GroupNormalization(2),
    GroupNormalization_instance=lambda k: k.GroupNormalization(-1),
    Rescaling=lambda k: k.Rescaling(1 / 127.5, -1.0),
    MaxPooling2D=lambda k: k.MaxPooling2D(2),
    AveragePooling2D=lambda k: k.AveragePooling2D(3, 2, padding="same"),
    GlobalAveragePooling2D=lambda k: k.GlobalAveragePooling2D(),
    GlobalAveragePooling2D_keep=lambda k: k.GlobalAveragePooling2D(keepdims=True),
    GlobalMaxPooling2D=lambda k: k.GlobalMaxPooling2D(),
    AdaptiveAveragePooling2D=lambda k: k.AdaptiveAveragePooling2D((3, 4)),
    ZeroPadding2D=lambda k: k.ZeroPadding2D(((1, 0), (2, 1))),
    Cropping2D=lambda k: k.Cropping2D(((1, 0), (2, 1))),
    UpSampling2D_nearest=lambda k: k.UpSampling2D((2, 3)),
    UpSampling2D_bilinear=lambda k: k.UpSampling2D(2, interpolation="bilinear"),
    UpSampling2D_bicubic=lambda k: k.UpSampling2D(2, interpolation="bicubic"),
    Resizing=lambda k: k.Resizing(5, 7),
    Resizing_nearest=lambda k: k.Resizing(12, 6, interpolation="nearest"),
    CenterCrop=lambda k: k.CenterCrop(5, 6),
    SpatialDropout2D=lambda k: k.SpatialDropout2D(0.5),
)

_add(
    VOLUME,
    Conv3D=lambda k: k.Conv3D(5, 3, padding="same", activation="relu"),
    Conv3D_stride=lambda k: k.Conv3D(5, (2, 3, 3), strides=(1, 2, 2)),
    Conv3DTranspose=lambda k: k.Conv3DTranspose(4, 3, strides=2, padding="same"),
    MaxPooling3D=lambda k: k.MaxPooling3D(2),
    AveragePooling3D=lambda k: k.AveragePooling3D(2, padding="same"),
    GlobalAveragePooling3D=lambda k: k.GlobalAveragePooling3D(),
    GlobalMaxPooling3D=lambda k: k.GlobalMaxPooling3D(),
    ZeroPadding3D=lambda k: k.ZeroPadding3D((1, 0, 2)),
    Cropping3D=lambda k: k.Cropping3D((1, 1, 2)),
    UpSampling3D=lambda k: k.UpSampling3D((1, 2, 2)),
)

_add(
    FRAMES,
    ConvLSTM2D=lambda k: k.ConvLSTM2D(3, 3, padding="same"),
    ConvLSTM2D_seq=lambda k: k.ConvLSTM2D(3, 3, return_sequences=True),
    TimeDistributed_Conv2D=lambda k: k.TimeDistributed(k.Conv2D(3, 3)),
)
_add(Input((4, 6, 2)), ConvLSTM1D=lambda k: k.ConvLSTM1D(3, 3, padding="same"))
_add(Input((512,)), MelSpectrogram=lambda k: k.MelSpectrogram(num_mel_bins=16, sampling_rate=4000, sequence_stride=64, fft_length=128))
_add(Input((64, 1)), STFTSpectrogram=lambda k: k.STFTSpectrogram(mode="log", frame_length=16, frame_step=8, fft_length=16))
_add(Input((4,), (0, 5), "int32"), CategoryEncoding=lambda k: k.CategoryEncoding(5, output_mode="multi_hot"))

_add(
    WORDS,
    Embedding=lambda k: k.Embedding(20, 6),
    Embedding_mask_LSTM=lambda k: [k.Embedding(20, 6, mask_zero=True), k.LSTM(4)],
    Embedding_mask_GRU=lambda k: [k.Embedding(20, 6, mask_zero=True), k.GRU(4, return_sequences=True)],
    Embedding_mask_bidir=lambda k: [k.Embedding(20, 6, mask_zero=True), k.Bidirectional(k.LSTM(4))],
    ReversibleEmbedding=lambda k: k.ReversibleEmbedding(20, 6),
    M_text_lstm=lambda k: [k.Embedding(20, 6), k.Bidirectional(k.LSTM(5)), k.Dense(1, activation="sigmoid")],
)
_add(Input((8,), (0, 20)), Embedding_f32in=lambda k: k.Embedding(20, 6))


def _activation(name: str, keras: Any, x: Any) -> Any:
    return keras.layers.Activation(name)(x)


ACTIVATIONS = [
    "relu", "relu6", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "swish", "gelu", "hard_sigmoid",
    "hard_silu", "exponential", "leaky_relu", "log_softmax", "mish", "linear", "silu", "celu", "glu", "hard_tanh", "log_sigmoid",
    "sparsemax", "squareplus", "tanh_shrink", "soft_shrink", "hard_shrink", "sparse_plus", "sparse_sigmoid",
]  # fmt: skip
MODELS.update({f"Act_{name}": Entry(partial(_activation, name), [SEQUENCE]) for name in ACTIVATIONS})
MODELS["Act_threshold"] = Entry(lambda k, x: k.activations.threshold(x, 0.2, -1.0), [SEQUENCE])
MODELS["Act_gelu_tanh"] = Entry(lambda k, x: k.activations.gelu(x, approximate=True), [SEQUENCE])


def _merge(name: str, keras: Any, x: Any) -> Any:
    convolved = [keras.layers.Conv2D(4, 3, padding="same")(x) for _ in range(2)]
    return getattr(keras.layers, name)()(convolved)


MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
MODELS.update({f"Merge_{name}": Entry(partial(_merge, name), [IMAGE]) for name in MERGES})


def Merge_Add3(k: Any, x: Any) -> Any:
    return k.layers.Add()([k.layers.Dense(4)(x) for _ in range(3)])


def Merge_broadcast(k: Any, a: Any, b: Any) -> Any:
    return k.layers.Multiply()([a, k.layers.GlobalAveragePooling1D(keepdims=True)(b)])


def Dot(k: Any, a: Any, b: Any) -> Any:
    return k.layers.Dot(axes=2)([a, b])


def Dot_norm(k: Any, a: Any, b: Any) -> Any:
    return k.layers.Dot(axes=2, normalize=True)([a, b])


def MultiHeadAttention(k: Any, x: Any) -> Any:
    return k.layers.MultiHeadAttention(2, 3)(x, x)


def MultiHeadAttention_causal(k: Any, x: Any) -> Any:
    return k.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)


def MultiHeadAttention_cross(k: Any, a: Any, b: Any) -> Any:
    return k.layers.MultiHeadAttention(2, 3, value_dim=4)(a, b, return_attention_scores=True)


def MultiHeadAttention_masked(k: Any, words: Any) -> Any:
    x = k.layers.Embedding(20, 6, mask_zero=True)(words)
    return k.layers.MultiHeadAttention(2, 3)(x, x)


def GroupQueryAttention(k: Any, x: Any) -> Any:
    return k.layers.GroupQueryAttention(3, 4, 2)(x, x)


def Attention(k: Any, a: Any, b: Any) -> Any:
    return k.layers.Attention()([a, b])


def Attention_scale(k: Any, a: Any, b: Any) -> Any:
    return k.layers.Attention(use_scale=True)([a, b])


def Attention_concat(k: Any, a: Any, b: Any) -> Any:
    return k.layers.Attention(score_mode="concat")([a, b])


def AdditiveAttention(k: Any, a: Any, b: Any) -> Any:
    return k.layers.AdditiveAttention()([a, b])


def M_resblock(k: Any, x: Any) -> Any:
    layers = k.layers
    y = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(x)))
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(y))
    return layers.ReLU()(layers.Add()([x, y]))


def M_unet(k: Any, x: Any) -> Any:
    layers = k.layers
    wide = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    deep = layers.Conv2D(6, 3, padding="same", activation="relu")(layers.MaxPooling2D(2)(wide))
    joined = layers.Concatenate()([wide, layers.Conv2DTranspose(4, 2, strides=2, padding="same")(deep)])
    return layers.Conv2D(1, 1, activation="sigmoid")(joined)


def M_transformer(k: Any, x: Any) -> Any:
    layers = k.layers
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)]))
    y = layers.Dense(6)(layers.Dense(12, activation="gelu")(x))
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    return layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x))


def M_mnist_cnn(k: Any, x: Any) -> Any:
    layers = k.layers
    return layers.Dense(10)(layers.Flatten()(layers.MaxPooling2D(2)(layers.Conv2D(8, 3, activation="relu")(x))))


def M_kws_dscnn(k: Any, x: Any) -> Any:
    layers = k.layers
    for convolution in (
        layers.Conv2D(8, (10, 4), strides=(2, 2), padding="same"),
        layers.DepthwiseConv2D(3, padding="same"),
        layers.Conv2D(8, 1),
    ):
        x = layers.ReLU()(layers.BatchNormalization()(convolution(x)))
    return layers.Dense(12, activation="softmax")(layers.GlobalAveragePooling2D()(layers.Dropout(0.4)(x)))


def M_autoencoder(k: Any, x: Any) -> Any:
    return k.layers.Dense(7, activation="sigmoid")(k.layers.Dense(3, activation="relu")(x))


def M_crnn(k: Any, x: Any) -> Any:
    layers = k.layers
    x = layers.Permute((2, 1, 3))(layers.MaxPooling2D(2)(layers.Conv2D(4, 3, padding="same", activation="relu")(x)))
    x = layers.Reshape((8, 16))(x)
    return layers.Dense(5, activation="softmax")(layers.Bidirectional(layers.GRU(6, return_sequences=True))(x))


for _function in (Merge_Add3, MultiHeadAttention, MultiHeadAttention_causal, GroupQueryAttention, M_transformer):
    _wide(_function, SEQUENCE)
for _function in (
    Merge_broadcast, Dot, Dot_norm, MultiHeadAttention_cross, Attention, Attention_scale, Attention_concat, AdditiveAttention,
):  # fmt: skip
    _wide(_function, *TWO)
_wide(MultiHeadAttention_masked, WORDS)
_wide(M_resblock, IMAGE)
_wide(M_unet, Input((8, 12, 3)))
_wide(M_mnist_cnn, Input((12, 12, 1)))
_wide(M_kws_dscnn, Input((25, 10, 1)))
_wide(M_autoencoder, VECTOR)
_wide(M_crnn, Input((8, 16, 1)))
_add(
    Input((None, 6)),
    Dense_anylength=lambda k: [k.Dense(4), k.GlobalMaxPooling1D()],
    Conv1D_anylength=lambda k: k.Conv1D(5, 3, padding="same"),
    GRU_anylength=lambda k: k.GRU(5, return_sequences=True),
    LSTM_anylength=lambda k: k.LSTM(5),
)
_add(
    Input((None, None, 3)),
    Conv2D_anysize=lambda k: [k.Conv2D(5, 3, padding="same"), k.UpSampling2D(2), k.MaxPooling2D(3)],
    Conv2DTranspose_anysize=lambda k: k.Conv2DTranspose(5, 3, strides=2, padding="same"),
)


# What Keras 2 lacks, or cannot build.
ONLY_KERAS_3 = {
    "AdaptiveAveragePooling2D", "GroupQueryAttention", "MelSpectrogram", "RMSNormalization", "ReversibleEmbedding",
    "STFTSpectrogram", "SpectralNormalization", "Act_celu", "Act_glu", "Act_hard_shrink", "Act_hard_silu", "Act_hard_tanh",
    "Act_log_sigmoid", "Act_soft_shrink", "Act_sparse_plus", "Act_sparse_sigmoid", "Act_sparsemax", "Act_squareplus",
    "Act_tanh_shrink", "Act_threshold",
}  # fmt: skip


def names(version: str) -> list[str]:
    """The models that "keras" or "tf_keras" has the layers for."""
    return [name for name in MODELS if version == "keras" or name not in ONLY_KERAS_3]


def model(name: str, keras: Any) -> Any:
    """Build a model, with the same random weights each time; variances are positive, and transforms of sound what they are."""
    entry = MODELS[name]
    inputs = [keras.Input(given.shape, dtype=given.dtype) for given in entry.inputs]
    built = keras.Model(inputs if len(inputs) > 1 else inputs[0], entry.apply(keras, *inputs))
    random = np.random.default_rng(0)
    for weight in built.weights if "Spectrogram" not in name else ():
        values = random.normal(0, 0.8 / math.sqrt(max(1, math.prod(weight.shape[:-1]))), weight.shape)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
    return built


def feeds(name: str, batch: int) -> list[np.ndarray]:
    """Values for a model's inputs; where there is a mask, the last two steps are zero. Open sizes are 6."""
    random = np.random.default_rng(1)
    values = []
    for given in MODELS[name].inputs:
        shape = (batch, *(6 if size is None else size for size in given.shape))
        value = random.normal(size=shape) if given.numbers is None else random.integers(*given.numbers, shape)
        if "mask" in name.lower():
            value[:, -2:] = 0
        values.append(value.astype(given.dtype))
    return values
