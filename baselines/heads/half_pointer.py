"""Relations by half pointers: subjects first, then the objects of each subject, per predicate. Su, 2020, kexue.fm/archives/7161.

Two sigmoids per token point to the first and the last token of subjects. The states of both ends of a subject are the condition of
a layer normalization, behind which two sigmoids per token and predicate point to its objects. Probabilities are raised to powers, 2
of subjects and 4 of objects, because nearly all tokens are neither: the loss of a positive is n times as large, that of a negative
smaller. Every update sees one subject of each text, whose end may be that of another: its objects are none then.

Encoded targets are {"cells": int32 (N, 5): subject's first and last token, predicate, object's first and last token; "subject":
int32 (2,), the one that is trained on}.
"""

import typing
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.heads.joining import majority, mean_of_finders
from baselines.heads.reading_direction import require_both_sides
from baselines.task import Head

if typing.TYPE_CHECKING:
    import keras

CARRIED = ("char_starts", "char_ends")
MARKS = ("subject_first", "subject_last")
SUBJECT_POWER, OBJECT_POWER = 2, 4
THRESHOLD = 0.4


class HalfPointerHead(Head):
    """Attaches half pointers for subjects and, per predicate, for objects to an encoder.

    Args:
        predicates: P.
        max_subjects: Subjects of a text whose objects are looked for in prediction, the most probable ones.
        initializer_range: Standard deviation of the kernels' truncated normal.
    """

    output_kind = "extraction"

    def __init__(self, predicates: int, max_subjects: int = 8, initializer_range: float = 0.02):
        self.predicates, self.max_subjects, self.initializer_range = predicates, max_subjects, initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model; its further inputs are MARKS, int32 (B, L), and its outputs {"subject_logits": float32 (B, L, 2),
        "subjects": int32 (B, K, 2), "object_logits": float32 (B, K, L, 2 P), "mask": bool (B, L)}.
        """
        import keras  # here: tasks import heads, and `--help` must be quick
        from keras import ops

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.conditional_layer_normalization import ConditionalLayerNormalization
        from baselines.layers.masked_pooling import TakePositions
        from baselines.layers.padding_mask import PaddingMask
        from baselines.layers.subject_picker import SubjectPicker

        def dense(units: int, name: str) -> Any:
            initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
            return keras.layers.Dense(units, kernel_initializer=initializer, dtype="float32", name=name)

        require_both_sides(encoder, "Extraction needs a model whose tokens see the whole text")
        marks = {name: keras.Input((None,), dtype="int32", name=name) for name in MARKS}
        mask = PaddingMask(pad_token_id(encoder), name="Subject-Padding")(encoder.input["token_ids"])
        states = encoder.output["hidden_states"]
        subject_logits = dense(2, "Subject")(states)
        picker = SubjectPicker(self.max_subjects, THRESHOLD, name="Subject-Picker")
        subjects = picker(ops.sigmoid(subject_logits) ** SUBJECT_POWER, mask, *marks.values())
        ends = ops.maximum(subjects, 0)
        ends = [TakePositions(name=f"Subject-{name}")([states, ends[..., side]]) for side, name in enumerate(("First", "Last"))]
        condition = ops.concatenate(ends, axis=-1)[:, :, None]          # (B, K, 1, 2 D)
        x, epsilon = before_last_norm(states)
        x = ConditionalLayerNormalization(epsilon=epsilon, name="Object-Norm")(x[:, None], condition)
        logits = dense(2 * self.predicates, "Object")(x)
        outputs = {"subject_logits": subject_logits, "subjects": subjects, "object_logits": logits, "mask": mask}
        return keras.Model({**encoder.input, **marks}, outputs, name="half_pointer")

    def loss(self, targets: dict, outputs: dict) -> Any:
        """Per token the mean of both subject losses plus, summed over predicates, that of both object losses: (totals, counts of
        tokens), float32 (B,) each.
        """
        from keras import ops

        mask = ops.cast(outputs["mask"], "float32")
        subject = ops.mean(power_cross_entropy(outputs["subject_logits"], targets["subjects"], SUBJECT_POWER), axis=-1)
        logits = ops.reshape(outputs["object_logits"][:, 0], ops.shape(targets["objects"]))
        thing = ops.mean(power_cross_entropy(logits, targets["objects"], OBJECT_POWER), axis=-1)
        return ops.sum((subject + ops.sum(thing, axis=-1)) * mask, axis=1), ops.sum(mask, axis=1)

    def batch_targets(self, targets: Sequence, length: int) -> dict[str, np.ndarray]:
        """{"subjects": int32 (B, L, 2), "objects": int32 (B, L, P, 2)}, 1 at each first and last token; of the trained subject."""
        subjects = np.zeros((len(targets), length, 2), np.int32)
        objects = np.zeros((len(targets), length, self.predicates, 2), np.int32)
        for row, target in enumerate(targets):
            for first, last, predicate, object_first, object_last in target["cells"].reshape(-1, 5):
                subjects[row, first, 0] = subjects[row, last, 1] = 1
                if (first, last) == tuple(target["subject"]):
                    objects[row, object_first, predicate, 0] = objects[row, object_last, predicate, 1] = 1
        return {"subjects": subjects, "objects": objects}

    def compact(self, outputs: dict, features: dict) -> dict:
        """{"triples": per row [(predicate, subject's start and end, object's start and end, probability)], characters}."""
        return {"triples": [
            triples({name: outputs[name][row] for name in outputs}, {name: features[name][row] for name in CARRIED})
            for row in range(len(outputs["subjects"]))
        ]}  # fmt: skip

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """The triples of a text that models of more than half of the weight have found, with their mean probability."""
        found = [{tuple(triple[:5]): triple[5] for row in each["triples"] for triple in row} for each in outputs]
        return {"triples": [[(*triple, mean_of_finders(found, weights, triple)) for triple in majority(found, weights)]]}


def before_last_norm(states: Any) -> tuple:
    """(the input of the normalization that gives the states, its epsilon); the states themselves where no normalization does."""
    layer = states._keras_history.operation
    return (layer.input, layer.epsilon) if hasattr(layer, "gamma") and hasattr(layer, "epsilon") else (states, 1e-12)


def power_cross_entropy(logits: Any, targets: Any, power: int) -> Any:
    """Binary cross-entropy of the probabilities sigmoid(logits)^power, float32 of their shape.

    At a logit of 0 and power 4: 4 log 2 = 2.772589 of a positive, -log(1 - 1/16) = 0.064539 of a negative.
    """
    from keras import ops

    log_p = power * ops.log_sigmoid(ops.cast(logits, "float32"))
    # log(1 - e^x) as x -> 0: the floor keeps the gradient finite, as Keras' epsilon of 1e-7 does.
    log_not = ops.log(ops.maximum(-ops.expm1(log_p), 1e-7))
    return -ops.where(ops.cast(targets, "bool"), log_p, log_not)


def draw_subject(rows: list, tokenizer: Any, max_length: int, rng: np.random.Generator) -> list:
    """The `draw` of a task's Sampling: the row with one of its subjects marked.

    The start is drawn from all starts, the end from the ends at or behind it; the pair may be no subject at all.
    """
    (features, target), = rows
    cells, subject = np.asarray(target["cells"]).reshape(-1, 5), np.zeros(2, np.int32)
    marks = {name: np.zeros(len(features["token_ids"]), np.int32) for name in MARKS}
    if len(cells):
        subject[0] = rng.choice(np.unique(cells[:, 0]))
        ends = np.unique(cells[:, 1])
        subject[1] = rng.choice(ends[ends >= subject[0]])
        for name, token in zip(MARKS, subject, strict=True):
            marks[name][token] = 1
    return [(features | marks, {"cells": cells, "subject": subject})]


def triples(outputs: dict, characters: dict) -> list[tuple]:
    """What one row holds, see `compact`: each start of an object goes with the nearest end at or behind it."""
    subjects = outputs["subjects"]
    logits = np.reshape(outputs["object_logits"], (*outputs["object_logits"].shape[:-1], -1, 2))
    probabilities = sigmoid_power(logits, OBJECT_POWER) * outputs["mask"][None, :, None, None]
    length = probabilities.shape[1]
    ends = np.where(probabilities[..., 1] > THRESHOLD, np.arange(length)[None, :, None], length)
    nearest = np.flip(np.minimum.accumulate(np.flip(ends, axis=1), axis=1), axis=1)                 # (K, L, P)
    found = (probabilities[..., 0] > THRESHOLD) & (nearest < length) & (subjects[:, 0] >= 0)[:, None, None]
    result = []
    starts_of, ends_of = characters["char_starts"], characters["char_ends"]
    for number, first, predicate in np.argwhere(found):
        last = nearest[number, first, predicate]
        places = (starts_of[subjects[number, 0]], ends_of[subjects[number, 1]], starts_of[first], ends_of[last])
        if min(places) >= 0:
            result.append((int(predicate), *map(int, places), float(probabilities[number, first, predicate, 0])))
    return result


def sigmoid_power(logits: np.ndarray, power: int) -> np.ndarray:
    return np.exp(-power * np.logaddexp(0, -np.asarray(logits, np.float64)))
