"""T5 1.0, 1.1, mT5 and BART: folders go both ways between us and transformers, with the same logits and the same texts.

Needs requirements-parity.txt, see test_transformers.py.
"""

import keras
import numpy as np
import pytest

from baselines.decoding.beam import beam_search
from baselines.decoding.decoder_protocol import Prompt
from baselines.generation.cached_decoder import CachedDecoder
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.storage.json_files import write_json_object
from baselines.weights.save import save_hugging_face

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.parity
V, END, TEXT = 60, 1, 14
T5 = {"vocab_size": V, "d_model": 24, "d_kv": 5, "d_ff": 32, "num_layers": 2, "num_decoder_layers": 1, "num_heads": 4}
BART = {
    "vocab_size": V, "d_model": 24, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4, "bos_token_id": 3,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 40, "max_position_embeddings": 64, "pad_token_id": 0,
    "eos_token_id": END, "decoder_start_token_id": END, "scale_embedding": True, "forced_bos_token_id": 3,
}  # fmt: skip


def t5(**options):
    return transformers.T5ForConditionalGeneration(transformers.T5Config(**T5, decoder_start_token_id=0, **options))


def t5_1_1():
    model = t5(feed_forward_proj="gated-gelu", tie_word_embeddings=False)
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
    return model


def mt5():
    model = transformers.MT5ForConditionalGeneration(transformers.MT5Config(**T5))
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
    return model


def bart():
    model = transformers.BartForConditionalGeneration(transformers.BartConfig(**BART))
    model.final_logits_bias += torch.randn(1, V)
    return model


MODELS = {"t5": t5, "t5.1.1": t5_1_1, "mt5": mt5, "bart": bart}
START = {"bart": (END, 3)}


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def theirs(name):
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape) * 0.1)
    return model


@pytest.fixture(scope="module")
def folder(theirs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs")
    theirs.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def ours(folder):
    return build_transformer_model(folder, with_mlm="linear")


def batch(name):
    random = np.random.default_rng(0)
    source, target = random.integers(4, V, (3, 40)), random.integers(4, V, (3, 24))
    source[1, 25:], source[2, 7:], target[1, 9:] = 0, 0, 0
    start = START.get(name, (0,))
    target[:, : len(start)] = start
    return {"token_ids": source.astype("int32"), "decoder_token_ids": target.astype("int32")}


def logits_of_theirs(model, features):
    source, target = (torch.tensor(array, dtype=torch.long) for array in features.values())
    with torch.no_grad():
        return model(input_ids=source, attention_mask=(source != 0).long(), decoder_input_ids=target).logits.numpy()


def assert_same_logits(ours, theirs, features):
    """On real tokens; what is computed on padding has no meaning."""
    real = features["decoder_token_ids"] > 0
    real[:, 0] = True
    found, expected = keras.ops.convert_to_numpy(ours(features)["mlm"])[real], logits_of_theirs(theirs, features)[real]
    assert expected.std() > 0.05
    print(f"largest difference {np.abs(found - expected).max():.1e} of {expected.std():.1f}")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1, expected.std()))


def test_their_folder_in_ours(name, ours, theirs):
    assert_same_logits(ours, theirs, batch(name))


def test_our_folder_in_theirs(name, folder, tmp_path):
    config = configure(folder)
    ours = build_transformer_model(config, with_mlm="linear")
    random = np.random.default_rng(1)
    for weight in ours.trainable_weights:
        weight.assign_add(random.normal(0, 0.1, weight.shape))
    save_hugging_face(ours, tmp_path, family(config.model_type).weight_names(config))
    write_json_object(tmp_path / "config.json", config.to_hugging_face())
    kind = transformers.AutoModelForSeq2SeqLM
    theirs, info = kind.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["unexpected_keys"] and not info["mismatched_keys"] and not set(info["missing_keys"]) - {"lm_head.weight"}
    assert_same_logits(ours, theirs.eval(), batch(name))


@pytest.mark.parametrize("beam", [1, 3])
def test_texts_are_theirs(name, ours, theirs, beam):
    """With a KV cache in both, of padded sources of several lengths."""
    features, start = batch(name), START.get(name, (0,))
    source = torch.tensor(features["token_ids"], dtype=torch.long)
    with torch.no_grad():
        expected = theirs.generate(
            input_ids=source, attention_mask=(source != 0).long(), max_new_tokens=TEXT + len(start) - 1, num_beams=beam,
            do_sample=False, early_stopping=False, length_penalty=1.0, eos_token_id=END, pad_token_id=0, forced_eos_token_id=None,
        )  # fmt: skip
    decoder = CachedDecoder(ours, END, 3, beam, 64, TEXT, output="mlm", start_ids=start)
    prompts = [Prompt(row[row > 0], row[row > 0] * 0) for row in features["token_ids"]]
    found = beam_search(decoder, prompts, beam=beam, max_tokens=TEXT, length_penalty=1.0)
    for row, (best,) in zip(expected.numpy(), found, strict=True):
        theirs_text = row[len(start) :]
        ends = np.flatnonzero(theirs_text == END)
        assert list(best.token_ids) == theirs_text[: ends[0] if ends.size else None].tolist()
