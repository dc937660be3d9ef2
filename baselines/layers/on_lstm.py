"""ON-LSTM: an LSTM whose neurons are ordered from short spans to long ones. Shen et al., 2019, arXiv:1810.09536.

Neurons form levels. Two master gates rise and fall along them: the forget gate keeps the history of the high levels, the input gate
writes the low ones. Where both are open, a level is an ordinary LSTM.

    forget = cumulative sum of a softmax, 0 … 1      input = the same from the other end, 1 … 0      w = forget * input
    c' = w * (f * c + i * candidate) + (forget - w) * c + (input - w) * candidate                    h' = o * tanh(c')

The first words of a long span close the high levels: 1 - mean(forget) is the syntactic distance of a token from the one before.
The paper's input gate is 1 - cumulative sum, whose last entry is 0; the symmetric form has 1 as its first (Su, 2019,
kexue.fm/archives/6621).
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.dropout import Dropout

INPUT_GATES = ("symmetric", "paper")


@keras.saving.register_keras_serializable(package="baselines")
class OrderedNeuronLSTM(keras.layers.Layer):
    """x float (B, L, E) -> (hidden states (B, L, D), forget and input gate float32 (B, L, levels) each).

    It reads from left to right: what follows a token, padding included, changes nothing before it. No mask is needed.

    Args:
        units: D.
        levels: Levels, a divisor of D; each has D / levels neurons in a row.
        input_gate: "symmetric" or "paper", see above.
        weight_dropout: Share of the weights of both kernels that a training step drops (DropConnect, one mask per call).
        pad_token_id: Token id of padding, for the heads on top.

    Raises:
        ValueError: `levels` does not divide `units`, or the input gate is unknown.
    """

    mask = "causal"

    def __init__(
        self, units: int, levels: int, input_gate: str = "symmetric", weight_dropout: float = 0.0, pad_token_id: int = 0,
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        if units % levels:
            raise ValueError(f"OrderedNeuronLSTM: levels={levels} does not divide units={units}. Choose a divisor.")
        if input_gate not in INPUT_GATES:
            raise ValueError(f"OrderedNeuronLSTM: unknown input_gate={input_gate!r}. Choose {' or '.join(INPUT_GATES)}.")
        self.units, self.levels, self.input_gate, self.weight_dropout = units, levels, input_gate, weight_dropout
        self.pad_token_id = pad_token_id
        self.dropout = Dropout(weight_dropout, dtype=self.dtype_policy, name="weight_dropout")

    def build(self, input_shape: tuple) -> None:
        columns = 2 * self.levels + 4 * self.units                      # forget, input: levels; f, i, o, candidate: units
        self.kernel = self.add_weight(shape=(input_shape[-1], columns), initializer="glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(self.units, columns), initializer="orthogonal", name="recurrent_kernel")
        self.bias = self.add_weight(shape=(columns,), initializer="zeros", name="bias")

    def call(self, x: Any, training: bool = False) -> tuple:
        weights = [ops.cast(weight, x.dtype) for weight in (self.kernel, self.recurrent_kernel, self.bias)]
        kernel, recurrent = (self.dropout(weight, training=training) for weight in weights[:2])
        projected = ops.transpose(ops.matmul(x, kernel) + weights[2], (1, 0, 2))        # (L, B, columns): scanned along tokens
        rows = ops.shape(x)[0]
        first = ops.zeros((rows, self.units + 2 * self.levels), x.dtype), ops.zeros((rows, self.units), "float32")

        def step(state, columns):
            hidden = state[0][:, : self.units]
            new = ordered_neurons(columns + ops.matmul(hidden, recurrent), state[1], self.levels, self.input_gate)
            state = ops.cast(ops.concatenate(new[:3], axis=-1), x.dtype), new[3]
            return state, state

        _, (outputs, _) = ops.scan(step, first, projected)
        outputs = ops.transpose(outputs, (1, 0, 2))
        hidden, gates = outputs[..., : self.units], ops.cast(outputs[..., self.units :], "float32")
        return hidden, gates[..., : self.levels], gates[..., self.levels :]

    def compute_output_spec(self, x: Any, training: bool = False) -> tuple:
        spec = lambda width, dtype: keras.KerasTensor((*x.shape[:2], width), dtype=dtype)                 # noqa: E731
        return spec(self.units, self.compute_dtype), spec(self.levels, "float32"), spec(self.levels, "float32")

    def get_config(self) -> dict:
        settings = {"units": self.units, "levels": self.levels, "input_gate": self.input_gate}
        return {**super().get_config(), **settings, "weight_dropout": self.weight_dropout, "pad_token_id": self.pad_token_id}


def ordered_neurons(columns: Any, cell: Any, levels: int, input_gate: str = "symmetric") -> tuple:
    """One step. Everything is float32: the last entry of a forget gate must be 1.

    Args:
        columns: float (B, 2 levels + 4 D), sums before activation, in the order of the kernel's columns.
        cell: float32 (B, D).
        levels: Number of levels.
        input_gate: "symmetric" or "paper".

    Returns:
        (hidden state (B, D), forget gate (B, levels), input gate (B, levels), cell (B, D)), float32.
    """
    columns = ops.cast(columns, "float32")
    forget = ops.cumsum(ops.softmax(columns[:, :levels], axis=-1), axis=-1)
    shares = ops.softmax(columns[:, levels : 2 * levels], axis=-1)
    if input_gate == "paper":
        write = 1 - ops.cumsum(shares, axis=-1)
    else:
        write = ops.flip(ops.cumsum(ops.flip(shares, axis=-1), axis=-1), axis=-1)
    shape, size = (-1, levels, cell.shape[-1] // levels), cell.shape[-1]
    f, i, o, candidate = (columns[:, 2 * levels + size * number :][:, :size] for number in range(4))
    f, i, candidate, old = (ops.reshape(each, shape) for each in (ops.sigmoid(f), ops.sigmoid(i), ops.tanh(candidate), cell))
    forgets, writes = forget[..., None], write[..., None]
    both = forgets * writes
    new = both * (f * old + i * candidate) + (forgets - both) * old + (writes - both) * candidate
    new = ops.reshape(new, (-1, size))
    return ops.sigmoid(o) * ops.tanh(new), forget, write, new


def distances(forget: Any) -> Any:
    """Syntactic distances (B, L) of forget gates (B, L, levels): how many levels of the history a token closes, 0 to 1."""
    return 1 - ops.mean(forget, axis=-1)
