"""Classes by a layer that is computed, on vectors that are trained by pairs: SetFit. Tunstall et al., 2022, arXiv:2209.11055."""

import typing

from baselines.heads.classification import ClassificationHead
from baselines.losses.contrastive import EMBEDDING

if typing.TYPE_CHECKING:
    import keras


class ContrastiveClassificationHead(ClassificationHead):
    """As ClassificationHead, with the pooled vector as a further output; gradients leave `Classifier` alone."""

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"logits": float32 (B, C), "embedding": float (B, D)}."""
        import keras

        model = super().__call__(encoder)
        classifier = model.get_layer(self.linear_layer)
        classifier.trainable = False
        return keras.Model(encoder.input, {**model.output, EMBEDDING: classifier.input}, name=model.name)

    def compact(self, outputs: dict, features: dict) -> dict:
        """Only the logits: predictions need no vectors."""
        return {"logits": outputs["logits"]}
