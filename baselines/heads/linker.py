"""GPLinker: entities, relations and events by pointers to spans and links between them. Su, 2022, kexue.fm/archives/8888 and 8926.

Three tables of scores, each positive where something is:

    spans   (S, L, L)   tokens i to j are a span with the label s
    heads   (R, L, L)   a span that begins at i is linked to one that begins at j, by the link r
    tails   (R, L, L)   the same for their last tokens

A relation is a pair of spans of its two labels whose heads and whose tails are linked. An event is a complete subgraph: arguments
of one event are all linked with each other by the one link "same event", so that roles may have several arguments, and arguments
several events.

Encoded targets are cells int32 (N, 4): table (0, 1, 2), label or link, i, j.
"""

import typing
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.heads.cliques import maximal_cliques
from baselines.heads.joining import majority, mean_of_finders
from baselines.heads.pointer_targets import table_targets
from baselines.heads.reading_direction import require_both_sides
from baselines.losses.multilabel_cross_entropy import sparse_multilabel_cross_entropy
from baselines.task import Head

if typing.TYPE_CHECKING:
    import keras

TABLES = ("spans", "heads", "tails")
MAX_SPANS = 200
"""Spans of a row that are linked, the best by score: an untrained model finds thousands."""
INITIAL_SCORE = -6.0
"""Nearly no pair of tokens is a span or a link, and the model begins with that."""
CARRIED = ("char_starts", "char_ends")


class LinkerHead(Head):
    """Attaches three EfficientGlobalPointers to an encoder.

    Args:
        span_labels: S, the number of labels of spans.
        relations: (label of the subject, label of the object) of each relation.
        events: Labels of the roles of each event type; roles of one event are linked by one more link behind the relations.
        head_size: Of queries and keys.
        initializer_range: Standard deviation of the kernels' truncated normal.
    """

    output_kind = "extraction"

    def __init__(
        self,
        span_labels: int,
        relations: Sequence[tuple[int, int]] = (),
        events: Sequence[Sequence[int]] = (),
        head_size: int = 64,
        initializer_range: float = 0.02,
    ):
        self.span_labels, self.relations = span_labels, np.array(relations, np.int64).reshape(-1, 2)
        self.events = [tuple(event) for event in events]
        self.links = len(self.relations) + bool(self.events)
        self.head_size, self.initializer_range = head_size, initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"spans": float32 (B, S, L, L), "heads", "tails": (B, R, L, L)}."""
        import keras  # here: tasks import heads, and `--help` must be quick

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.efficient_global_pointer import EfficientGlobalPointer
        from baselines.layers.padding_mask import PaddingMask

        def pointer(count: int, name: str, of_spans: bool) -> Any:
            return EfficientGlobalPointer(
                count, self.head_size, rotary=of_spans, upper=of_spans, name=name, initial_score=INITIAL_SCORE,
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            )  # fmt: skip

        require_both_sides(encoder, "Extraction needs a model whose tokens see the whole text")
        mask = PaddingMask(pad_token_id(encoder), name="Linker-Padding")(encoder.input["token_ids"])
        x = encoder.output["hidden_states"]
        outputs = {"spans": pointer(self.span_labels, "Linker-Spans", True)(x, mask)}
        if self.links:
            outputs["heads"] = pointer(self.links, "Linker-Heads", False)(x, mask)
            outputs["tails"] = pointer(self.links, "Linker-Tails", False)(x, mask)
        return keras.Model(encoder.input, outputs, name="linker")

    def loss(self, targets: dict, outputs: dict) -> Any:
        """Sum over tables and labels of the multilabel cross-entropy of all pairs of tokens: float32 (B,)."""
        from keras import ops

        total = 0.0
        for name, scores in outputs.items():
            batch, labels, length = ops.shape(scores)[:3]
            losses = sparse_multilabel_cross_entropy(ops.reshape(scores, (batch, labels, length * length)), targets[name])
            total = total + ops.sum(losses, axis=-1)
        return total

    def batch_targets(self, targets: Sequence, length: int) -> dict[str, np.ndarray]:
        """Cells (N, 4) of each row as {table: int32 (B, labels, P)}: i * L + j, padded with -1; P is a power of two."""
        counts = {"spans": self.span_labels, "heads": self.links, "tails": self.links}
        cells = [np.asarray(row).reshape(-1, 4) for row in targets]
        return {
            name: table_targets([row[row[:, 0] == number, 1:] for row in cells], counts[name], length)
            for number, name in enumerate(TABLES) if counts[name]
        }  # fmt: skip

    def compact(self, outputs: dict, features: dict) -> dict:
        """Per row {"spans": [(label, start, end, score)], "relations": [(relation, subject, object)], "events": [(event type,
        spans of its arguments)]}: characters [start, end), and numbers of spans.
        """
        rows = [
            self.linked({name: outputs[name][row] for name in outputs}, {name: features[name][row] for name in CARRIED})
            for row in range(len(outputs["spans"]))
        ]
        return {name: [row[name] for row in rows] for name in ("spans", "relations", "events")}

    def linked(self, scores: dict[str, np.ndarray], characters: dict[str, np.ndarray]) -> dict[str, list]:
        """What one row holds: its spans with positive scores and the links between them."""
        label, first, last = np.nonzero(scores["spans"] > 0)
        starts, ends = characters["char_starts"][first], characters["char_ends"][last]
        values = np.where((starts >= 0) & (ends >= 0), scores["spans"][label, first, last], -np.inf)
        best = np.sort(np.argsort(-values, kind="stable")[: min(MAX_SPANS, int((values > 0).sum()))])
        label, first, last = label[best], first[best], last[best]
        spans = [(int(name), int(start), int(end), float(value)) for name, start, end, value in
                 zip(label, starts[best], ends[best], values[best], strict=True)]  # fmt: skip
        result = {"spans": spans, "relations": [], "events": []}
        if self.links:
            pairs = np.ix_(range(self.links), first, first), np.ix_(range(self.links), last, last)
            links = (scores["heads"][pairs[0]] > 0) & (scores["tails"][pairs[1]] > 0)       # (R, E, E)
            subjects, objects = (label == self.relations[:, [side]] for side in (0, 1))      # (R, E)
            count = len(self.relations)
            found = links[:count] & subjects[:, :, None] & objects[:, None, :]
            found[:, np.arange(len(label)), np.arange(len(label))] = False
            result["relations"] = [tuple(map(int, cell)) for cell in np.argwhere(found)]
            result["events"] = self.complete(label, links[-1]) if self.events else []
        return result

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """What models of more than half of the weight have found in a text: spans, relations between two and whole events.

        Spans of a relation or event that has its majority are kept with it. A span's score is the mean over its finders.
        """
        scores, relations, events = [], [], []
        for each in outputs:
            (spans,), (pairs,), (groups,) = each["spans"], each["relations"], each["events"]
            places = [tuple(span[:3]) for span in spans]
            scores.append({place: span[3] for place, span in zip(places, spans, strict=True)})
            relations.append([(link, places[one], places[other]) for link, one, other in pairs])
            events.append([(kind, tuple(sorted(places[number] for number in group))) for kind, group in groups])
        relations, events = majority(relations, weights), majority(events, weights)
        linked = [*(place for _, *pair in relations for place in pair), *(place for _, group in events for place in group)]
        kept = sorted(dict.fromkeys([*majority(scores, weights), *linked]))
        number = {place: index for index, place in enumerate(kept)}
        return {
            "spans": [[(*place, mean_of_finders(scores, weights, place)) for place in kept]],
            "relations": [[(link, number[one], number[other]) for link, one, other in relations]],
            "events": [[(kind, tuple(number[place] for place in group)) for kind, group in events]],
        }

    def complete(self, label: np.ndarray, same_event: np.ndarray) -> list[tuple[int, tuple[int, ...]]]:
        """(event type, numbers of its arguments) for each maximal complete subgraph of the arguments of a type."""
        either = same_event | same_event.T
        found = []
        for kind, roles in enumerate(self.events):
            nodes = np.flatnonzero(np.isin(label, roles))
            cliques = maximal_cliques(either[np.ix_(nodes, nodes)])
            found += [(kind, tuple(int(nodes[node]) for node in clique)) for clique in cliques]
        return found
