"""Texts in, texts out: what a run that writes gives people, at once and piece by piece."""

import itertools

import numpy as np
import pytest
from conftest import TITLES, write_lines

from baselines.decoding.generation_config import GenerationConfig
from baselines.decoding.self_terminating import latest_end, self_terminating
from baselines.errors import InputError

pytestmark = pytest.mark.keras
TITLE, OTHER = TITLES["103"][:2]


@pytest.fixture(scope="module")
def seq2seq(seq2seq_run):
    from baselines.inference.text_generator import TextGenerator

    return TextGenerator.from_run(seq2seq_run, num_rows=2)


@pytest.fixture(scope="module")
def chat(chat_run):
    from baselines.inference.text_generator import TextGenerator

    return TextGenerator.from_run(chat_run, num_rows=2, name="bot")


def test_what_a_run_tells(seq2seq, chat, seq2seq_run):
    assert (seq2seq.dialogue, seq2seq.name, seq2seq.task_name) == (False, f"seq2seq/{seq2seq_run.name}", "seq2seq")
    assert (chat.dialogue, chat.name, chat.context) == (True, "bot", 24 + 6)
    assert seq2seq.generation_config == GenerationConfig(top_k=1, max_tokens=6) and chat.generation_config.top_k == 5


@pytest.mark.parametrize("settings", [{"top_k": 1}, {"temperature": 2.0, "seed": 1}, {"top_p": 0.9, "seed": 2, "min_tokens": 6}])
def test_pieces_are_the_text_that_is_written_at_once(seq2seq, settings):
    writing = GenerationConfig(max_tokens=6, **settings)
    pieces = [*seq2seq.stream([TITLE], writing)]
    ((text,),) = seq2seq.generate([[TITLE]], writing)
    assert "".join(pieces) == text.text and all(pieces)
    assert len(pieces) <= 6 and (text.text or text.finished)


def test_whoever_stops_asking_stops_the_writing(seq2seq):
    stream = seq2seq.stream([TITLE], GenerationConfig(top_k=1, max_tokens=12, min_tokens=12))
    assert len([*itertools.islice(stream, 2)]) == 2 and seq2seq.scheduler.counts == (1, 0)
    stream.close()
    assert seq2seq.scheduler.counts == (0, 0)
    for writing in (GenerationConfig(beam=2), GenerationConfig(num=2)):
        with pytest.raises(InputError, match="Only one sampled text"):
            next(seq2seq.stream([TITLE], writing))


def test_several_texts_in_their_order(seq2seq):
    texts = [[title] for title in TITLES["103"]]
    found = seq2seq.generate(texts, GenerationConfig(beam=2, num=2, max_tokens=5))
    assert [len(some) for some in found] == [2] * 6 and all(some[0].score >= some[1].score for some in found)
    assert [some[0].text for some in seq2seq.generate(texts[::-1])][::-1] == [some[0].text for some in seq2seq.generate(texts)]


def test_prompts_leave_room_for_the_text(seq2seq, chat):
    vocabulary = seq2seq.tokenizer.vocabulary
    prompt, dropped = seq2seq.prompt([TITLE * 9])
    assert len(prompt.token_ids) == 24 and dropped == 0 and prompt.token_ids[-1] == vocabulary.sep_id
    assert len(seq2seq.prompt([TITLE * 9], max_tokens=20)[0].token_ids) == 10
    history = [TITLE, OTHER] * 3
    prompt, dropped = chat.prompt(history)
    assert dropped > 0 and len(prompt.token_ids) <= 24
    assert chat.text(prompt.token_ids) == "".join(history[dropped:])
    assert chat.prompt([TITLE])[1] == 0


@pytest.mark.parametrize(
    "kind, texts, settings, told",
    [
        ("seq2seq", ["a", "b"], {}, "takes one text, but got 2"), ("seq2seq", [" "], {}, "source"),
        ("chat", [], {}, "The history is empty"), ("chat", [TITLE, ""], {}, "utterance 2"),
        ("seq2seq", [TITLE], {"max_tokens": 28}, "28 of 30 tokens leave no room"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_continued(request, kind, texts, settings, told):
    with pytest.raises(InputError, match=told):
        request.getfixturevalue(kind).prompt(texts, **settings)


def test_inputs_of_files(seq2seq, chat, tmp_path):
    (tmp_path / "a.txt").write_text(f"{TITLE}\n\n{OTHER}\n", encoding="utf-8")
    assert seq2seq.inputs(str(tmp_path / "a.txt")) == [(1, (TITLE,)), (3, (OTHER,))]
    pairs = write_lines(tmp_path / "a.jsonl", [{"id": "x", "source": TITLE}])
    assert seq2seq.inputs(str(pairs)) == [("x", (TITLE,))]
    dialogues = write_lines(tmp_path / "b.jsonl", [[TITLE, OTHER], [OTHER]])
    assert [texts for _, texts in chat.inputs(str(dialogues))] == [(TITLE, OTHER), (OTHER,)]


def test_a_run_that_does_not_write_is_refused(tiny_run):
    from baselines.inference.text_generator import TextGenerator

    with pytest.raises(InputError, match="a run of clue/tnews, which does not generate text"):
        TextGenerator.from_run(tiny_run.run)


def test_a_self_terminating_run_always_ends(chat):
    """Trained by that distribution, kept in the run folder, and written by it: replies may be longer, and none is."""
    prompt, _ = chat.prompt([TITLE])
    scores = chat.scheduler.rows.prefill([0], [prompt])
    chat.scheduler.rows.free([0])
    features = {"token_ids": prompt.token_ids[None], "segment_ids": prompt.segment_ids[None]}
    logits = np.array(chat._task_model.model(features)["logits"])[0, -1]
    found, expected = scores.whole()[0, 0], self_terminating(logits, 0.0, chat.end_id, 0.2)[0]
    writable = np.isfinite(found)                                       # all but [PAD], [UNK], [CLS] and [MASK]
    assert writable.sum() == len(found) - 4
    np.testing.assert_allclose(found[writable], expected[writable], atol=1e-4)
    found = chat.generate([[title] for title in TITLES["103"]], GenerationConfig(top_k=1, max_tokens=12))
    assert all(text.finished and len(text.text) < latest_end(0.2) == 4 for (text,) in found)
