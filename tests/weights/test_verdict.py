"""What the verdict says, word by word."""

import pytest

from baselines.errors import InputError
from baselines.weights.verdict import Fate, Verdict

USED = Fate("a/kernel", "A/kernel", (2, 3), (2, 3))
MISSING = Fate("b/kernel", "B/kernel", (4,))
MISSHAPED = Fate("c/kernel", "C/kernel", (4,), (5,))
HARMLESS = Fate("global_step", received=(), reason="optimizer state", harmless=True)
UNEXPECTED = Fate("d/kernel", received=(7, 7))


def test_complete():
    verdict = Verdict("x", used=(USED,), unused=(HARMLESS,), fresh=("head/kernel",))
    verdict.require_complete()
    assert verdict.complete
    assert verdict.summary() == (
        "x: 1 tensors used, 1 unused, harmless (global_step (): optimizer state), 1 new weights (head/kernel)"
    )


PARTIAL = "--ignore_mismatched loads what fits and leaves the other weights random."


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (
            {"missing": (MISSING,)},
            "1 missing: B/kernel (4,), looked for as b/kernel. Check that the checkpoint has the heads of the "
            "model.",
        ),
        (
            {"misshaped": (MISSHAPED,)},
            "1 misshaped: C/kernel: expected (4,), received (5,) from c/kernel. Check that the config belongs to this checkpoint.",
        ),
        (
            {"unused": (HARMLESS, UNEXPECTED)},
            "1 not expected: d/kernel (7, 7). Check that the config belongs to this checkpoint.",
        ),
    ],
)
def test_incomplete(group, message):
    verdict = Verdict("x", used=(USED,), **group)
    assert not verdict.complete
    with pytest.raises(InputError) as error:
        verdict.require_complete()
    assert str(error.value) == f"x: checkpoint and model differ. {message} {PARTIAL}"
    verdict.require_something()


def test_long_lists_are_cut():
    many = tuple(Fate(f"{i}", f"v{i}", (1,)) for i in range(9))
    with pytest.raises(InputError, match=r"9 missing: .*looked for as 3, … 5 more\. Check"):
        Verdict("x", used=(USED,), missing=many).require_complete()


def test_vocabulary_and_checkpoint_that_do_not_belong_together():
    embedding = Fate("bert/embeddings/word_embeddings", "Embedding-Token/embeddings", (8000, 768), (21128, 768))
    bias = Fate("cls/predictions/output_bias", "MLM-Bias/bias", (8000,), (21128,))
    with pytest.raises(InputError) as error:
        Verdict("x", used=(USED,), misshaped=(bias, embedding)).require_complete()
    assert str(error.value) == (
        "x: the checkpoint embeds 21128 tokens (bert/embeddings/word_embeddings), the vocabulary of the model "
        "has 8000. Use the vocabulary and the config that came with the checkpoint, or start a new embedding with "
        "--ignore_mismatched."
    )


def test_nothing_fits_is_refused_even_when_partial_loading_is_asked_for():
    verdict = Verdict("x", missing=(MISSING,), unused=(UNEXPECTED,))
    expected = "no tensor fits the model. Expected names like b/kernel. Received: d/kernel"
    for require in (verdict.require_complete, verdict.require_something):
        with pytest.raises(InputError, match=expected):
            require()


def test_the_table_has_every_row():
    verdict = Verdict("x", (USED,), (MISSING,), (HARMLESS, UNEXPECTED), (MISSHAPED,), ("head/kernel",))
    assert verdict.table().split("\n") == [
        "x",
        "used: 1",
        "    A/kernel (2, 3) from a/kernel",
        "missing: 1",
        "    B/kernel (4,), looked for as b/kernel",
        "misshaped: 1",
        "    C/kernel: expected (4,), received (5,) from c/kernel",
        "not expected: 1",
        "    d/kernel (7, 7)",
        "unused, harmless: 1",
        "    global_step (): optimizer state",
        "new: 1",
        "    head/kernel",
    ]
