"""Other spellings of a name, and which unused tensors are harmless."""

import pytest

from baselines.weights.names import WeightName, google_spellings, harmless, hugging_face_spellings, own_name


def test_a_bare_encoder_has_no_prefix_and_old_files_say_gamma():
    name = WeightName("bert/embeddings/LayerNorm/gamma", "nezha.embeddings.LayerNorm.weight")
    assert hugging_face_spellings(name) == [
        "nezha.embeddings.LayerNorm.weight",
        "embeddings.LayerNorm.weight",
        "bert.embeddings.LayerNorm.weight",
        "nezha.embeddings.LayerNorm.gamma",
        "embeddings.LayerNorm.gamma",
        "bert.embeddings.LayerNorm.gamma",
    ]


def test_heads_and_own_weights_keep_their_prefix():
    name = WeightName("cls/predictions/output_bias", "cls.predictions.bias")
    assert hugging_face_spellings(name) == ["cls.predictions.bias", "cls.predictions.decoder.bias"]
    assert hugging_face_spellings(own_name("head/kernel")) == ["baselines.head/kernel"]


def test_google_names_may_end_in_an_output_number():
    assert google_spellings(WeightName("a/kernel", "a.weight")) == ["a/kernel", "a/kernel:0"]


def test_only_the_next_sentence_classifier_is_transposed_in_googles_files():
    assert WeightName("cls/seq_relationship/output_weights", "").google_transposed
    assert not WeightName("bert/pooler/dense/kernel", "", transposed=True).google_transposed


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bert/encoder/layer_0/output/dense/kernel/adam_m", "optimizer state"),
        ("bert/encoder/layer_0/output/dense/kernel/adam_v:0", "optimizer state"),
        ("bert/embeddings/word_embeddings/lamb_v", "optimizer state"),
        ("bert/embeddings/word_embeddings/Adam_1", "optimizer state"),
        ("global_step", "optimizer state"),
        ("bert/pooler/dense/kernel", "a head that was not asked for"),
        ("bert.pooler.dense.weight", "a head that was not asked for"),
        ("pooler.dense.bias", "a head that was not asked for"),
        ("cls/predictions/output_bias", "a head that was not asked for"),
        ("cls.seq_relationship.weight", "a head that was not asked for"),
        ("classifier.weight", "a head that was not asked for"),
        ("baselines.head/kernel", "a head that was not asked for"),
        ("bert.embeddings.position_ids", "computed, not learned"),
        ("roformer.encoder.embed_positions.weight", "computed, not learned"),
        ("bert.encoder.layer.12.output.dense.weight", None),
        ("bert/embeddings/word_embeddings", None),
        ("bert.embeddings.position_embeddings.weight", None),
        ("electra.embeddings_project.weight", None),
    ],
)
def test_harmless(name, reason):
    assert harmless(name) == reason


@pytest.mark.parametrize("name, reason", [
    ("a/kernel/AdamWeightDecayOptimizer", "optimizer state"),
    ("a/kernel/AdamWeightDecayOptimizer_1", "optimizer state"),
    ("a/kernel/AdamWeightDecayOptimizer_1:0", "optimizer state"),
    ("b/kernel:0/whatever:0", "optimizer state"),
    ("c.weight.exp_avg", "optimizer state"),
    ("a/kernel/x/y", None),
    ("a/kernel/of_another_shape", None),
    ("a/other", None),
    ("a/kernel", None),
])  # fmt: skip
def test_a_weights_name_plus_one_part_in_its_shape_is_a_slot(name, reason):
    shapes = {"a/kernel": (2, 3), "b/kernel:0": (2, 3), "c.weight": (2, 3), "a": (2, 3)}
    shapes |= {name: (3, 2) if "another" in name else (2, 3)}
    if name in ("a/other", "a/kernel"):
        shapes["a"] = (4,)
    assert harmless(name, shapes) == reason
