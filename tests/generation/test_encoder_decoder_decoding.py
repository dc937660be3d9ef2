"""A model with an encoder decodes with kept keys and values as it would compute every text anew; padding changes nothing."""

import functools

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.decoding.beam import beam_search
from baselines.decoding.decoder_protocol import LogitsAdjustment, Prompt
from baselines.generation.cached_decoder import CachedDecoder
from baselines.generation.kv_cache_model import CachedModel
from baselines.models.builder import build_transformer_model
from baselines.runtime import backends

pytestmark = pytest.mark.keras
ROWS, WIDTH, CAPACITY, TEXT, END = 4, 3, 24, 5, 2
MODELS = {
    "t5.1.1": {"hidden_act": ["gelu", "linear"], "num_decoder_layers": 1, "relative_attention_num_buckets": 6,
               "relative_attention_max_distance": 9},
    "bart": {"pad_token_id": 1, "decoder_layers": 1, "decoder_attention_heads": 1, "decoder_ffn_dim": 20,
             "max_position_embeddings": CAPACITY},
}  # fmt: skip
START = {"t5.1.1": (0,), "bart": (2, 0)}


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name):
    keras.utils.set_random_seed(0)
    return build_transformer_model(
        {**small.CONFIG, "initializer_range": 0.4, **MODELS[name]}, model=name, with_mlm="linear"
    )


@pytest.fixture(scope="module")
def decoder(name, model):
    return CachedDecoder(model, END, ROWS, WIDTH, CAPACITY, TEXT, candidates=7, output="mlm", start_ids=START[name])


def prompt(length):
    return Prompt(np.random.default_rng(length).integers(3, 40, length).astype("int32"), np.zeros(length, "int32"))


@functools.cache
def compiled(model):
    """batch -> log-probabilities, compiled once per shape."""
    score = lambda state, batch: (ops.log_softmax(model(batch)["mlm"]), state)  # noqa: E731
    function = backends.current().compile_function(score, model.variables)
    state = [ops.zeros(1)]                                              # it takes one, which nothing uses here

    def call(batch):
        outputs, state[0] = function(state[0], batch)
        return outputs

    return call


def recomputed(model, name, texts, length=CAPACITY, written=2 + TEXT):
    """Log-probabilities (len(texts), V) of what follows each text, a pair (Prompt, written ids)."""
    pad, start = MODELS[name].get("pad_token_id", 0), START[name]
    shape = ROWS * WIDTH
    batch = {"token_ids": np.full((shape, length), pad), "decoder_token_ids": np.full((shape, written), pad)}
    for row, (source, text) in enumerate(texts):
        batch["token_ids"][row, : len(source.token_ids)] = source.token_ids
        batch["decoder_token_ids"][row, : len(start) + len(text)] = [*start, *text]
    logits = ops.convert_to_numpy(compiled(model)({key: array.astype("int32") for key, array in batch.items()}))
    return np.stack([row[len(start) + len(text) - 1] for row, (_, text) in zip(logits, texts, strict=False)])


def test_padding_of_source_and_target_changes_nothing(name, model):
    texts = [(prompt(4), [5]), (prompt(9), [7, 8, 9])]
    alone = np.concatenate([recomputed(model, name, [each], len(each[0].token_ids), 2 + len(each[1])) for each in texts])
    np.testing.assert_allclose(recomputed(model, name, texts), alone, atol=2e-5)
    assert np.abs(recomputed(model, name, [(prompt(5), [5])]) - alone[:1]).max() > 0.1                  # it reads the source


def test_every_prefix_is_as_if_written_alone(name, model, decoder):
    generator, held = np.random.default_rng(0), {}

    def prefill(rows, lengths):
        scores = decoder.prefill(rows, [prompt(length) for length in lengths])
        held.update({row: (prompt(length), [[]] * WIDTH) for row, length in zip(rows, lengths, strict=True)})
        expected = recomputed(model, name, [(prompt(length), []) for length in lengths])
        np.testing.assert_allclose(scores.whole()[:, 0], expected, atol=2e-5)

    def step():
        tokens, parents = (generator.integers(low, high, (max(held) + 1, WIDTH)) for low, high in ((3, 40), (0, WIDTH)))
        scores = decoder.step(tokens, parents)
        for row, (source, texts) in held.items():
            held[row] = source, [[*texts[k], int(t)] for k, t in zip(parents[row], tokens[row], strict=True)]
        expected = recomputed(model, name, [(source, text) for source, texts in held.values() for text in texts])
        np.testing.assert_allclose(scores.whole()[[*held]].reshape(expected.shape), expected, atol=2e-5)

    prefill([0], [5])
    step()
    prefill([2, 1], [CAPACITY, 3])                                      # behind and out of order
    step()
    step()
    decoder.free([1])
    del held[1]
    prefill([1], [1])                                                   # a shorter source where a longer one was
    step()
    decoder.free([*held])
    assert decoder.compilations <= 5


def test_a_beam_of_one_writes_the_likeliest_tokens(name, model, decoder):
    """Also where only some are allowed."""
    ((best,),) = beam_search(decoder, [prompt(6)], beam=1, max_tokens=TEXT)
    text = []
    while len(text) < TEXT and text[-1:] != [END]:
        text.append(int(recomputed(model, name, [(prompt(6), text)])[0].argmax()))
    assert [*best.token_ids] == [token for token in text if token != END]
    allowed = np.arange(40)[None, None] % 2 == (text[0] + 1) % 2
    scores = decoder.prefill([0], [prompt(6)], LogitsAdjustment(allowed=allowed))
    decoder.free([0])
    assert scores.ids[0, 0, 0] == np.where(allowed, recomputed(model, name, [(prompt(6), [])]), -np.inf).argmax()


def test_only_the_decoder_is_cached_and_run(name, model):
    cached = CachedModel(model, "mlm")
    shapes = cached.kv_cache_shapes(2, 7, 20)
    lengths = {layer: pair[0][2] for layer, pair in shapes.items()}
    assert lengths == {"Decoder-Transformer-0-MultiHeadSelfAttention": 7, "Decoder-Transformer-0-MultiHeadCrossAttention": 20}
    names = {node.operation.name for node in cached.step_nodes}
    assert "Attention-Source-Mask" in names and not any(layer.startswith("Encoder-") for layer in names)


def test_start_ids_and_long_prompts_are_checked(name, model, decoder):
    with pytest.raises(ValueError, match="Give them for a model with an encoder"):
        CachedDecoder(model, END, output="mlm")
    with pytest.raises(ValueError, match="Received: 25"):
        decoder.prefill([0], [prompt(CAPACITY + 1)])
