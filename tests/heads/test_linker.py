"""GPLinker: targets and outputs against slow loops, complete subgraphs against all subsets, gold through the head and back."""

import itertools

import keras
import numpy as np
import pytest
from small import CONFIG

from baselines.heads.cliques import MAX_NODES, maximal_cliques
from baselines.heads.extraction import ExtractionHead, decode_extraction, encode_extraction
from baselines.heads.extraction_schema import Schema
from baselines.heads.linker import TABLES, LinkerHead
from baselines.losses.multilabel_cross_entropy import multilabel_cross_entropy
from baselines.metrics.extraction import extraction_f1
from baselines.models.builder import build_transformer_model
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

pytestmark = pytest.mark.keras
SCHEMA = Schema.of({
    "relations": [{"predicate": name, "subject": "作品", "object": "人物"} for name in ("导演", "主演")],
    "events": [{"type": "胜负", "roles": ["胜者", "败者"]}, {"type": "裁员", "roles": ["裁员方", "时间"]}],
})  # fmt: skip


def slow_cliques(linked):
    nodes = range(len(linked))
    complete = [set(group) for size in nodes for group in itertools.combinations(nodes, size + 1)
                if all(linked[one][other] for one, other in itertools.combinations(group, 2))]  # fmt: skip
    return sorted(tuple(sorted(group)) for group in complete if not any(group < other for other in complete))


def test_maximal_complete_subgraphs_are_those_of_all_subsets():
    rng = np.random.default_rng(3)
    for _ in range(60):
        count = int(rng.integers(0, 8))
        linked = rng.random((count, count)) < rng.choice([0.2, 0.5, 0.9])
        linked |= linked.T
        assert maximal_cliques(linked) == slow_cliques(linked)
    assert len(maximal_cliques(np.zeros((50, 50), bool))) == MAX_NODES


def test_targets_are_cells_padded_to_a_power_of_two():
    head = LinkerHead(2, relations=[(0, 1)])
    cells = np.array([(0, 0, 1, 2), (0, 1, 3, 3), (1, 0, 1, 3), (2, 0, 2, 3)], np.int32)
    targets = head.batch_targets([cells, np.zeros((0, 4), np.int32)], 8)
    assert targets["spans"].tolist() == [[[10, -1, -1, -1], [27, -1, -1, -1]], [[-1] * 4] * 2]
    assert targets["heads"].tolist() == [[[11, -1, -1, -1]], [[-1] * 4]]
    assert targets["tails"].tolist() == [[[19, -1, -1, -1]], [[-1] * 4]]


def test_the_loss_is_the_sum_of_the_multilabel_losses_of_all_labels():
    head, rng = LinkerHead(2, relations=[(0, 1)]), np.random.default_rng(0)
    counts = zip(TABLES, (2, 1, 1), strict=True)
    outputs = {name: rng.standard_normal((2, labels, 6, 6)).astype("float32") for name, labels in counts}
    cells = [np.array([(0, 0, 1, 2), (1, 0, 1, 3), (2, 0, 2, 3)], np.int32), np.array([(0, 1, 0, 5)], np.int32)]
    dense = {name: np.zeros(outputs[name].shape, np.int32) for name in TABLES}
    for row, of_row in enumerate(cells):
        for table, label, start, end in of_row:
            dense[TABLES[table]][row, label, start, end] = 1
    expected = 0
    for name in TABLES:
        losses = multilabel_cross_entropy(outputs[name].reshape(2, -1, 36), dense[name].reshape(2, -1, 36))
        expected = expected + keras.ops.convert_to_numpy(losses).sum(axis=-1)
    np.testing.assert_allclose(head.loss(head.batch_targets(cells, 6), outputs), expected, rtol=1e-5)


def slow_links(head, scores, characters):
    """The definition: every pair of spans, every relation."""
    labels, length, _ = scores["spans"].shape
    cells = itertools.product(range(labels), range(length), range(length))
    spans = [cell for cell in cells if scores["spans"][cell] > 0
             and min(characters["char_starts"][cell[1]], characters["char_ends"][cell[2]]) >= 0]  # fmt: skip
    found = set()
    for relation, (subject, thing) in enumerate(head.relations):
        for one, other in itertools.permutations(spans, 2):
            linked = scores["heads"][relation, one[1], other[1]] > 0 and scores["tails"][relation, one[2], other[2]] > 0
            if (one[0], other[0]) == (subject, thing) and linked:
                found.add((relation, one, other))
    return spans, found


def test_spans_and_links_are_those_of_the_slow_loop():
    head, rng = LinkerHead(3, relations=[(0, 1), (2, 2)]), np.random.default_rng(5)
    borders = np.array([-1, *range(8), -1])
    characters = {"char_starts": borders, "char_ends": np.where(borders < 0, -1, borders + 1)}
    for shift in (-2.0, -1.0):
        scores = {name: rng.standard_normal((labels, 10, 10)) + shift for name, labels in zip(TABLES, (3, 2, 2), strict=True)}
        scores["spans"][:, np.tril_indices(10, -1)[0], np.tril_indices(10, -1)[1]] = -1e9
        found, (spans, links) = head.linked(scores, characters), slow_links(head, scores, characters)
        places = [(label, start + 1, end) for label, start, end, _ in found["spans"]]       # character 0 is token 1
        assert sorted(places) == sorted(spans)
        assert {(relation, places[one], places[other]) for relation, one, other in found["relations"]} == links


@pytest.fixture(scope="module")
def tokenizer():
    characters = "《远山》由许知秋导演主白河队击败沙田昨天青禾裁员"
    return Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]))


def gold_of(text, relations=(), events=()):
    def part(kind, name, mention):
        start = text.index(mention)
        return {kind: name, "start": start, "end": start + len(mention), "text": mention}

    joined = [{"predicate": name, "subject": part("type", "作品", one), "object": part("type", "人物", other)}
              for name, one, other in relations]  # fmt: skip
    entities = {(each["start"], each["type"]): each for link in joined for each in (link["subject"], link["object"])}
    happened = [{"type": kind, "arguments": [part("role", role, mention) for role, mention in roles]} for kind, roles in events]
    return {"entities": list(entities.values()), "relations": joined, "events": happened}


GOLDS = {
    "《远山》由许知秋导演主演": gold_of("《远山》由许知秋导演主演", [("导演", "远山", "许知秋"), ("主演", "远山", "许知秋")]),
    "白河队由白击败沙田": gold_of(
        "白河队由白击败沙田", events=[("胜负", [("胜者", winner), ("败者", "沙田")]) for winner in ("白河", "河队")]
    ),
    "昨天青禾裁员": gold_of("昨天青禾裁员", events=[("裁员", [("裁员方", "青禾"), ("时间", "昨天")])]),
    "由白": gold_of("由白"),
}


def outputs_of(cells, head, length):
    """Scores that say what the cells say."""
    counts = {"spans": head.span_labels, "heads": head.links, "tails": head.links}
    scores = {name: np.full((1, count, length, length), -3.0) for name, count in counts.items()}
    for table, label, start, end in cells:
        scores[TABLES[table]][0, label, start, end] = 3.0
    return scores


def test_gold_as_outputs_is_found_again_and_scores_100(tokenizer):
    head, encode, decode = ExtractionHead(SCHEMA), encode_extraction(SCHEMA), decode_extraction(SCHEMA)
    found = []
    for text, gold in GOLDS.items():
        example = Example(id=0, texts=(text,), gold=gold)
        ((features, cells),) = encode(example, tokenizer, 32)
        outputs = outputs_of(cells, head, len(features["token_ids"]))
        found.append(decode(example, head.compact(outputs, {name: array[None] for name, array in features.items()})))
    scores = extraction_f1(list(GOLDS.values()), found)
    assert len(scores) == 7 and set(scores.values()) == {1.0}
    assert found[0]["relations"][0]["confidence"] == pytest.approx(1 / (1 + np.exp(-6)), abs=1e-4)
    assert len(found[1]["events"]) == 2


def test_what_does_not_fit_has_no_cells_and_is_told(tokenizer):
    head, encode = ExtractionHead(SCHEMA), encode_extraction(SCHEMA)
    example = Example(id=0, texts=("《远山》由许知秋导演主演",), gold=GOLDS["《远山》由许知秋导演主演"])
    ((_, cells),) = encode(example, tokenizer, 7)
    assert cells.tolist() == [[0, 0, 2, 3]]

    class Encoded(list):
        def target(self, row):
            return self[row]

    assert head.remark([example], Encoded([cells])).startswith("1 of 2 spans cannot be predicted")


def test_padding_changes_no_score():
    model = ExtractionHead(SCHEMA)(build_transformer_model(CONFIG))
    token_ids = np.array([[2, 7, 8, 9, 3]], np.int32)
    padded = np.pad(token_ids, ((0, 0), (0, 4)))
    short, long = (model({"token_ids": ids, "segment_ids": np.zeros_like(ids)}) for ids in (token_ids, padded))
    for name in TABLES:
        one, other = (keras.ops.convert_to_numpy(each[name]) for each in (short, long))
        np.testing.assert_allclose(other[..., :5, :5], one, atol=1e-5)
        assert (other[..., 5:, :] < -1e8).all() and (other[..., 5:] < -1e8).all()
