"""A run of chat from CDial-GPT's layout: it trains, its best is a checkpoint like any published one, and both reply alike."""

import json

import pytest
from conftest import DIALOGUES, TITLES, make_writing_run, write_checkpoint

from baselines.decoding.generation_config import GenerationConfig

pytestmark = pytest.mark.keras
LETTERS = sorted({letter for titles in TITLES.values() for title in titles for letter in title})
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, "[speaker1]", "[speaker2]"]
CDIAL = {"model_type": "openai-gpt", "afn": "gelu", "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64}


def test_chat_starts_from_cdial_gpt(tiny, tmp_path):
    from baselines.inference.text_generator import TextGenerator

    folder = write_checkpoint(tmp_path / "cdial", TOKENS)
    (folder / "config.json").write_text(json.dumps({"vocab_size": len(TOKENS), **CDIAL}))
    run = make_writing_run(tiny, tmp_path / "run", "chat", DIALOGUES, init=folder)
    values = json.loads((run / "best" / "config.json").read_text())
    assert values["model_type"] == "openai-gpt" and values["n_embd"] == 16 and values["shared_segment_embeddings"]
    assert (values["bos_token_id"], values["eos_token_id"]) == (TOKENS.index("[CLS]"), TOKENS.index("[SEP]"))
    trained, published = TextGenerator.from_run(run, num_rows=1), TextGenerator.from_checkpoint(run / "best", num_rows=1)
    assert trained.dialogue and published.dialogue
    texts, config = [DIALOGUES[0][:2], DIALOGUES[1][:1]], GenerationConfig(top_k=1, max_tokens=6)
    assert trained.generate(texts, config) == published.generate(texts, config)
    prompt, _ = trained.prompt(texts[0])
    assert prompt.segment == TOKENS.index("[speaker1]") == prompt.token_ids[-1]


@pytest.mark.parametrize("model_type, layer", [("gpt2", "Attention-LM-Mask"), ("bert", "Attention-UniLM-Mask")])
def test_a_gpt_reads_a_source_as_it_was_trained(model_type, layer, tmp_path):
    """seq2seq, csl_title and kgclue ask for the mask "prefix"."""
    from baselines.models.checkpoint import Checkpoint
    from baselines.plugins import task_catalog

    folder = write_checkpoint(tmp_path / "model", TOKENS, model_type=model_type)
    head = task_catalog.find("seq2seq")[1].head
    model = head(Checkpoint.open(folder).build_encoder(**head.encoder_options))
    assert model.get_layer(layer) and set(model.output) == {"logits"}
