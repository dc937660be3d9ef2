"""A Writer's prompts come back in their order, searched or drawn; and settings that contradict each other."""

import numpy as np
import pytest

from baselines.decoding.constraints import ForcedPrefix
from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError
from baselines.generation.batch_generator import BatchGenerator
from baselines.generation.cached_decoder import CachedDecoder

PAD, END = 0, 2
CONFIG = {
    "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
    "max_position_embeddings": 24, "initializer_range": 0.4,
}  # fmt: skip
PROMPTS = [
    Prompt(np.array(ids, np.int32), np.zeros(len(ids), np.int32), segment=0)
    for ids in ([5, 6], [7, 8, 9, 10, 11], [3], [12, 13, 14])
]
DRAWN = GenerationConfig(temperature=2.0, num=2, max_tokens=5, seed=3)


@pytest.fixture(scope="module")
def generator():
    import keras

    from baselines.models.builder import build_transformer_model

    keras.utils.set_random_seed(0)
    model = build_transformer_model(CONFIG, mask="causal", with_mlm="linear")
    return BatchGenerator(model, END, 24, output="mlm", unwritable=[PAD])


def greedy(model, prompt, longest):
    """(tokens, finished), the whole text run again for each token."""
    ids, length = np.zeros((1, 12), "int32"), len(prompt.token_ids)
    ids[0, :length] = prompt.token_ids
    for last in range(length - 1, length + longest - 1):
        logits = np.array(model({"token_ids": ids, "segment_ids": np.zeros_like(ids)})["mlm"])[0, last]
        token = PAD + 1 + int(np.argmax(logits[PAD + 1 :]))
        if token == END:
            return tuple(ids[0, length : last + 1].tolist()), True
        ids[0, last + 1] = token
    return tuple(ids[0, length : length + longest].tolist()), False


@pytest.mark.keras
def test_greedy_texts_in_the_order_of_their_prompts(generator):
    found = generator.generate(PROMPTS, GenerationConfig(top_k=1, max_tokens=5))
    assert [[(one.token_ids, one.finished) for one in some] for some in found] == [
        [greedy(generator.model, prompt, 5)] for prompt in PROMPTS
    ]


@pytest.mark.keras
def test_beams_in_the_order_of_their_prompts_best_first(generator):
    config = GenerationConfig(beam=3, num=2, max_tokens=5)
    found = generator.generate(PROMPTS, config)
    assert generator.generate(PROMPTS[::-1], config)[::-1] == found
    for some in found:
        assert len(some) == 2 and some[0].score >= some[1].score and some[0].token_ids != some[1].token_ids
    (forced,) = generator.generate(PROMPTS[:1], GenerationConfig(beam=3, max_tokens=5), (ForcedPrefix((9, 9)),))[0]
    assert forced.token_ids[:2] == (9, 9)
    (varied,) = generator.generate(PROMPTS[:1], GenerationConfig(beam=3, min_tokens=5, max_tokens=5, no_repeat_ngram=1))[0]
    assert len(varied.token_ids) >= 4 and len(set(varied.token_ids)) == len(varied.token_ids)


@pytest.mark.keras
def test_draws_depend_on_the_seed_and_the_place_of_the_prompt_only(generator):
    found = generator.generate(PROMPTS, DRAWN)
    assert [len(some) for some in found] == [2] * 4 and all(some[0].score >= some[1].score for some in found)
    assert generator.generate(PROMPTS, DRAWN) == found
    longer = Prompt(np.arange(3, 12, dtype=np.int32), np.zeros(9, np.int32), segment=0)
    assert generator.generate([*PROMPTS[:3], longer], DRAWN)[:3] == found[:3]
    for seed in (4, None):
        assert generator.generate(PROMPTS, GenerationConfig(temperature=2.0, num=2, max_tokens=5, seed=seed)) != found
    assert len({one.token_ids for one in generator.generate(PROMPTS[:1] * 4, DRAWN)[0]}) == 2


@pytest.mark.keras
def test_rows_are_made_once_and_serve_again_after_an_interruption(generator, monkeypatch):
    config = GenerationConfig(top_k=1, max_tokens=5)
    found, made, step = generator.generate(PROMPTS, config), [], CachedDecoder.step
    monkeypatch.setattr(generator, "decoder", lambda *sizes: made.append(sizes))
    monkeypatch.setattr(CachedDecoder, "step", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generator.generate(PROMPTS, config)
    monkeypatch.setattr(CachedDecoder, "step", step)
    assert generator.generate(PROMPTS, config) == found and made == []
    assert generator.generate([], DRAWN) == []


@pytest.mark.keras
def test_what_is_no_text_is_written_only_where_a_constraint_says_so(generator):
    first = generator.generate(PROMPTS[:1], GenerationConfig(top_k=1, max_tokens=1))[0][0].token_ids[0]
    other = BatchGenerator(generator.model, END, 24, output="mlm", unwritable=[first])
    assert other.generate(PROMPTS[:1], GenerationConfig(top_k=1, max_tokens=1))[0][0].token_ids[:1] != (first,)
    drawn = other.generate(PROMPTS, GenerationConfig(num=8, max_tokens=5, seed=1))
    assert all(first not in text.token_ids for some in drawn for text in some)
    (forced, *_) = other.generate(PROMPTS[:1], GenerationConfig(beam=2, max_tokens=2), (ForcedPrefix((first,)),))[0]
    assert forced.token_ids[0] == first


@pytest.mark.keras
def test_a_prompt_without_room_is_refused(generator):
    with pytest.raises(InputError, match="A prompt of 5 tokens and max_tokens 20 exceed the model's 24 tokens"):
        generator.generate(PROMPTS, GenerationConfig(top_k=1, max_tokens=20))


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"beam": -1}, "beam -1"), ({"num": 0}, "num 0"), ({"no_repeat_ngram": -1}, "no_repeat_ngram -1"),
        ({"seed": -1}, "seed -1"), ({"beam": 3, "top_k": 1}, "beam excludes top_k"),
        ({"beam": 3, "keep_end": True}, "beam excludes top_k"), ({"beam": 3, "temperature": 0.5}, "beam excludes top_k"),
        ({"beam": 2, "num": 3}, "num: 3 is too large, a beam of 2"), ({"top_k": 1, "num": 2}, "greedy decoding has one text"),
        ({"max_tokens": 0}, "max_tokens of at least 1"), ({"top_p": 0.0}, "top_p"), ({"temperature": 0.0}, "temperature"),
        ({"min_tokens": 9, "max_tokens": 8}, "min_tokens 9 and max_tokens 8 are out of range"),
        ({"repetition_penalty": 0.0}, "penalty"), ({"beam": 2, "repetition_penalty": -1.0}, "penalty"),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other(settings, told):
    with pytest.raises(InputError, match=told) as raised:
        GenerationConfig(**settings)
    assert "\n" not in str(raised.value)
