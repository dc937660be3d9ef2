"""What the blocks of a family are made of, where its configuration does not say: norms, biases, gates."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras

from baselines.layers.layer_normalization import LayerNormalization


@dataclasses.dataclass(frozen=True)
class Style:
    """The style of one model; `build` of a family makes it.

    Attributes:
        epsilon: Of layer normalization.
        norm_options: Arguments of LayerNormalization: {"zero_mean": False} is the RMS norm.
        use_bias: Whether the dense layers of embeddings and blocks have biases.
        gate_act: Of the feed-forward's gate; None for no gate.
        layers: {name: layer} so far. A name that is asked for again means the same layer, as in bert4keras: ALBERT's blocks.
    """

    epsilon: float
    norm_options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    use_bias: bool = True
    gate_act: str | None = None
    layers: dict[str, keras.Layer] = dataclasses.field(default_factory=dict)

    def layer(self, kind: type[keras.Layer], name: str, *arguments: Any, **options: Any) -> keras.Layer:
        """The layer of that name, created by `kind` if it does not exist."""
        if name not in self.layers:
            self.layers[name] = kind(*arguments, **options, name=name)
        return self.layers[name]

    def norm(self, x: Any, name: str) -> Any:
        """x (B, L, D), normalized."""
        return self.layer(LayerNormalization, name, epsilon=self.epsilon, **self.norm_options)(x)
