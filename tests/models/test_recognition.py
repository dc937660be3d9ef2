"""The names of tensors tell the family; a config.json that says another is refused in one line."""

import json

import pytest
import small

from baselines.cli import inspect
from baselines.errors import InputError
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import families, family
from baselines.models.recognition import disagreement, recognize
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras
SIZES = {**small.CONFIG, "num_hidden_layers": 3}
OPTIONS = {
    "deberta_v2": {"relative_attention": True, "pos_att_type": "c2p", "position_biased_input": False},
    "ernie": {"use_task_id": True},
}


def names_of(name, kind):
    config = Config.from_dict({**SIZES, "model_type": name, **OPTIONS.get(name, {})})
    return [getattr(each, kind) for each in family(name).weight_names(config).values()], config


@pytest.mark.parametrize("kind", ["hugging_face", "google"])
@pytest.mark.parametrize("name", families())
def test_a_family_is_recognized_by_its_own_names(name, kind):
    names, config = names_of(name, kind)
    assert name in recognize(names, config)
    assert disagreement(names, config) is None
    if kind == "hugging_face" and name not in ("roberta", "bert"):
        assert name in recognize(names)


@pytest.mark.parametrize("tensors, said", [("electra", "bert"), ("bert", "electra"), ("deberta_v2", "bert"), ("modernbert", "bert"),
                                           ("albert", "bert"), ("bert", "nezha"), ("gpt2", "bert"), ("t5", "bert")])  # fmt: skip
def test_another_family_in_the_config_is_said(tensors, said):
    names, _ = names_of(tensors, "hugging_face")
    config = Config.from_dict({**SIZES, "model_type": said})
    assert f"but the config says {said}" in disagreement(names, config)
    assert tensors in recognize(names, config)


def test_names_of_no_family_are_recognized_as_none():
    assert recognize(["vision.patch.weight", "vision.patch.bias"]) == []


def test_loading_and_inspecting_name_the_family(tmp_path, capsys):
    config = Config.from_dict({**SIZES, "model_type": "electra"})
    save_hugging_face(build_transformer_model(config), tmp_path, family("electra").weight_names(config))
    (tmp_path / "config.json").write_text(json.dumps({**SIZES, "model_type": "bert"}))
    with pytest.raises(InputError, match='the tensors are those of electra, but the config says bert. Set "model_type": "electra"'):
        build_transformer_model(tmp_path)
    inspect.main([str(tmp_path)])
    assert "note           the tensors are those of electra, but the config says bert." in capsys.readouterr().out
    (tmp_path / "config.json").unlink()
    inspect.main([str(tmp_path)])
    assert "no config.json; the tensors are those of electra." in capsys.readouterr().out
