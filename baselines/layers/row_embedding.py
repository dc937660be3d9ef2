"""One row of a table, added to every token: the segment or task of a model that has no such input."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="baselines")
class RowEmbedding(keras.layers.Layer):
    """x (B, L, D) -> x + table[row]; the table has `rows` rows, as its checkpoint does."""

    def __init__(self, rows: int, row: int = 0, initializer_range: float = 0.02, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= row < rows:
            raise ValueError(f"{self.name}: row {row} of a table with {rows} rows. Choose one of 0 to {rows - 1}.")
        self.rows = rows
        self.row = row
        self.initializer_range = initializer_range
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
        self.embeddings = self.add_weight(shape=(self.rows, input_shape[-1]), initializer=initializer, name="embeddings")

    def call(self, x: Any) -> Any:
        return x + self.embeddings[self.row]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "rows": self.rows, "row": self.row, "initializer_range": self.initializer_range}
