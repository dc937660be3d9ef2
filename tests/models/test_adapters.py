"""LoRA on every family: nothing changes at the start, adapters come back from PEFT's files, merged kernels are the sum."""

import json

import numpy as np
import pytest
import small

from baselines.models.adapters import LoraModel, load_merged
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family
from baselines.models.lora import Lora
from baselines.weights.load import load_weights
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras
FAMILIES = {
    "bert": (), "albert": (), "roformer": (), "deberta_v2": (), "modernbert": ("query", "inner", "gate"), "t5": ("key", "outer"),
    "gpt2": ("key", "value", "inner"), "gau_alpha": ("input", "output"),
}  # fmt: skip
OPTIONS = {"gau_alpha": {"attention_key_size": 8}, "gpt2": {"type_vocab_size": 0}}


def adapted(config, targets):
    model = build_transformer_model(config)
    return LoraModel(model, model, 2, Lora(targets or ("query", "value"), alpha=3.0), "base", [w.path for w in model.weights])


@pytest.mark.parametrize("name", FAMILIES)
def test_a_round_trip(name, tmp_path):
    config = Config.from_dict({**small.CONFIG, "model_type": name, **OPTIONS.get(name, {})})
    names, base, folder = family(name).weight_names(config), tmp_path / "base", tmp_path / "adapted"
    lora = adapted(config, FAMILIES[name])
    learning = lora.model.trainable_variables
    assert learning and all(weight.path.endswith(("lora_kernel_a", "lora_kernel_b")) for weight in learning)
    assert all(not np.any(weight.numpy()) for weight in learning if weight.path.endswith("_b"))
    kernels = {weight.path: weight.numpy() for weight in lora.model.weights if weight.path not in {w.path for w in learning}}
    plain = build_transformer_model(config)
    for weight in plain.weights:
        weight.assign(kernels[weight.path])
    save_hugging_face(plain, base, names)

    rng = np.random.default_rng(0)
    for weight in learning:
        weight.assign(rng.normal(size=weight.shape))
    folder.mkdir()
    lora.save(folder, names)
    again = adapted(config, FAMILIES[name])
    again.load(folder, names)
    for ours, theirs in zip(again.model.trainable_variables, learning, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)

    load_merged(plain, folder, names, lambda location: load_weights(plain, base, names))
    values = {weight.path: weight.numpy() for weight in learning}
    for weight in plain.weights:
        part = weight.path.removesuffix("kernel")
        change = 3 / 2 * values[f"{part}lora_kernel_a"] @ values[f"{part}lora_kernel_b"] if f"{part}lora_kernel_a" in values else 0
        np.testing.assert_allclose(weight.numpy(), kernels[weight.path] + change, atol=1e-5, err_msg=weight.path)
    config_of_peft = json.loads((folder / "adapter_config.json").read_text())
    assert len(set(config_of_peft["target_modules"])) == len(config_of_peft["target_modules"]) > 0
