"""peft loads the adapters that we save, and computes what our merged model computes.

Needs requirements-parity.txt: pip install -r requirements-parity.txt, then pytest -m parity tests/parity.
"""

import json

import keras
import numpy as np
import pytest

from baselines.models.adapters import LoraModel
from baselines.models.builder import build_transformer_model
from baselines.models.checkpoint import Checkpoint
from baselines.models.config import Config
from baselines.models.families import family
from baselines.models.lora import Lora
from baselines.weights.save import save_hugging_face

peft = pytest.importorskip("peft")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.parity
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气很好坏人"]
SIZES = {"vocab_size": len(TOKENS), "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40,
         "max_position_embeddings": 16}  # fmt: skip
KINDS = {
    "bert": ({}, ("query", "value")), "bert, all": ({}, ("query", "key", "value", "output", "inner", "outer")),
    "gpt2": ({"model_type": "gpt2", "type_vocab_size": 0}, ("query", "value", "inner")),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_peft_computes_what_we_compute(kind, tmp_path):
    options, targets = KINDS[kind]
    config = Config.from_dict({**SIZES, "initializer_range": 0.3, **options})
    names, base, adapted = family(config.model_type).weight_names(config), tmp_path / "base", tmp_path / "adapted"
    for folder in (base, adapted):
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config.to_hugging_face()))
        (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    keras.utils.set_random_seed(1)
    model = build_transformer_model(config)
    save_hugging_face(model, base, names)
    lora = LoraModel(model, model, 3, Lora(targets, alpha=5.0), str(base), [weight.path for weight in model.weights])
    for weight in model.trainable_variables:
        weight.assign(np.random.default_rng(len(weight.path)).normal(0, 0.3, weight.shape))
    lora.save(adapted, names)

    token_ids = np.random.default_rng(0).integers(1, len(TOKENS), (2, 9)).astype("int32")
    features = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}
    learned = model({name: features[name] for name in model.input})["hidden_states"]
    merged = Checkpoint.open(adapted).build()({name: features[name] for name in model.input})["hidden_states"]
    plain = build_transformer_model(base)({name: features[name] for name in model.input})["hidden_states"]
    theirs = peft.PeftModel.from_pretrained(transformers.AutoModel.from_pretrained(base), adapted).eval()
    with torch.no_grad():
        found = theirs(input_ids=torch.tensor(token_ids, dtype=torch.long)).last_hidden_state.numpy()
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(learned), atol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(merged), keras.ops.convert_to_numpy(learned), atol=1e-5)
    assert np.abs(found - keras.ops.convert_to_numpy(plain)).max() > 0.01
