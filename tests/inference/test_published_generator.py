"""Published models that continue texts generate without a run: GPT2 goes on with a prompt, CDial-GPT replies to a dialogue."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import TITLES, command, refused, write_checkpoint, write_lines

from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError

pytestmark = pytest.mark.keras
LETTERS = sorted({letter for titles in TITLES.values() for title in titles for letter in title})
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]
SIZES = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32, "initializer_range": 0.4}
PROMPT = "前锋"


def folder_of(path, tokens, **config):
    """A checkpoint folder in Hugging Face's layout, with random weights."""
    from baselines.models.checkpoint import Checkpoint
    from baselines.weights.save import save_hugging_face

    write_checkpoint(path, tokens)
    (path / "config.json").write_text(json.dumps({"vocab_size": len(tokens), **SIZES, **config}))
    checkpoint = Checkpoint.open(path)
    save_hugging_face(checkpoint.build_encoder(), path, checkpoint.weight_names)
    return path


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("published") / "gpt2", TOKENS, model_type="gpt2")


@pytest.fixture(scope="module")
def cdial(tmp_path_factory):
    tokens = [*TOKENS, "[speaker1]", "[speaker2]"]
    return folder_of(tmp_path_factory.mktemp("published") / "cdial", tokens, model_type="openai-gpt", afn="gelu")


def test_a_text_goes_on_where_the_prompt_stops(gpt2):
    from baselines.inference.text_generator import TextGenerator
    from baselines.models.builder import build_transformer_model

    generator = TextGenerator.from_checkpoint(gpt2, num_rows=1)
    assert (generator.dialogue, generator.context, generator.task_name) == (False, 32, "gpt2")
    prompt, _ = generator.prompt([PROMPT])
    assert prompt.token_ids.tolist() == [2, *(TOKENS.index(letter) for letter in PROMPT)]    # [CLS], and no [SEP]
    ((text,),) = generator.generate([[PROMPT]], GenerationConfig(top_k=1, max_tokens=5))
    model, token_ids = build_transformer_model(gpt2, with_mlm="linear"), prompt.token_ids.tolist()
    special = [TOKENS.index(name) for name in ("[PAD]", "[UNK]", "[CLS]", "[MASK]")]
    for _ in range(5):                                                  # the plain model, without a cache
        logits = np.array(model({"token_ids": np.array([token_ids], np.int32)})["mlm"])[0, -1]
        logits[special] = -np.inf
        token_ids.append(int(logits.argmax()))
        if token_ids[-1] == TOKENS.index("[SEP]"):
            break
    assert text.text == generator.text(token_ids[3:])


def test_the_end_of_a_long_prompt_is_kept(gpt2):
    from baselines.inference.text_generator import TextGenerator

    prompt, _ = TextGenerator.from_checkpoint(gpt2).prompt(["队" * 40 + PROMPT], max_tokens=20)
    assert prompt.token_ids.tolist() == [2, *[TOKENS.index("队")] * 9, *(TOKENS.index(letter) for letter in PROMPT)]


def test_a_dialogue_is_replied_to_where_the_vocabulary_has_speakers(cdial, gpt2):
    from baselines.inference.text_generator import TextGenerator

    generator = TextGenerator.from_checkpoint(cdial)
    prompt, _ = generator.prompt([PROMPT, PROMPT])
    one, two = len(TOKENS), len(TOKENS) + 1
    assert generator.dialogue and prompt.segment == one and prompt.segment_ids.tolist() == [2, *[one] * 3, *[two] * 3, one]
    assert TextGenerator.from_checkpoint(gpt2, dialogue=True).prompt([PROMPT])[0].token_ids[-1] == 3


def test_generate_takes_a_checkpoint(gpt2, cdial, tmp_path, capsys):
    command("generate", "--init", gpt2, PROMPT, "--top_k", "1", "--max_length", "4")
    once = capsys.readouterr().out
    command("generate", "--init", gpt2, PROMPT, "--beam", "2", "--num", "2", "--max_length", "4")
    assert once.endswith("\n") and len(capsys.readouterr().out.splitlines()) == 2
    write_lines(tmp_path / "in.jsonl", [[PROMPT, PROMPT], [PROMPT]])
    command("generate", "--init", cdial, "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl", "--quiet")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_a_server_offers_a_checkpoint_under_the_name_of_its_folder(gpt2):
    from baselines.runtime.progress import Display
    from baselines.serving.model_loading import load_models

    display = Display(quiet=True)
    (served,) = load_models([], 1, 4, display, checkpoints=[str(gpt2)]).generators.items()
    assert served[0] == "gpt2" and served[1].scheduler.max_queue == 4 and not served[1].dialogue
    with pytest.raises(InputError, match="two models have the name gpt2"):
        load_models([], 1, 4, display, checkpoints=[str(gpt2), str(gpt2)])


def test_other_models_and_other_flags_are_refused(tiny, capsys):
    from baselines.inference.text_generator import TextGenerator

    with pytest.raises(InputError, match="bert was not trained to continue texts. Choose a checkpoint of gpt"):
        TextGenerator.from_checkpoint(tiny.checkpoint)
    assert "none does not exist" in refused(capsys, "generate", "--init", Path("none"), PROMPT)
    assert "--run and --init exclude each other" in refused(capsys, "generate", "--init", "a", "--run", "b", PROMPT)
    assert "no run is given. Give --run DIR, --init CHECKPOINT or --demo" in refused(capsys, "chat")
