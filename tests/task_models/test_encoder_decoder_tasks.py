"""Which tasks a model with an encoder and a decoder takes, and how their rows change."""

import pytest

from baselines.errors import InputError
from baselines.heads.classification import ClassificationHead
from baselines.heads.embedding import EmbeddingHead
from baselines.heads.language_model import LanguageModelHead
from baselines.losses.token_mean import TokenMean
from baselines.models.builder import configure
from baselines.models.families import hook
from baselines.prompts.source_target import encode_pair
from baselines.task import Example, Recipe, Task
from baselines.task_models.encoder_decoder import bind_encoder_decoder
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

SIZES = {"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"甲乙丙丁"]))


def task_with(head):
    return Task(
        files={}, read=None, encode=encode_pair, head=head, loss=TokenMean(), decode=None, metric=None, recipe=Recipe(max_length=16)
    )


def config_of(model, **options):
    config = configure({**SIZES, **options}, model=model)
    for_tokenizer = hook(config.model_type, "for_tokenizer")
    return for_tokenizer(config, TOKENIZER) if for_tokenizer else config


@pytest.mark.parametrize(
    ("model", "options", "start"),
    [("mt5", {}, [2]), ("bart", {}, [3, 2]), ("bart", {"decoder_start_token_id": 2}, [2])],
    ids=["T5-PEGASUS", "fnlp's BART", "UER's BART"],
)
def test_targets_follow_what_the_checkpoint_was_trained_with(model, options, start):
    task = bind_encoder_decoder(task_with(LanguageModelHead()), config_of(model, **options))
    ((features, targets),) = task.encode(Example(1, ("甲乙",), "丙"), TOKENIZER, 16)
    assert features["token_ids"].tolist() == [2, 4, 5, 3] and features["decoder_token_ids"].tolist() == [*start, 6]
    assert targets.tolist() == [-1] * (len(start) - 1) + [6, 3] and task.head.start == tuple(start)


def test_other_families_and_heads_that_only_read_stay_as_they_are():
    writes, reads = task_with(LanguageModelHead()), task_with(ClassificationHead(2))
    assert bind_encoder_decoder(writes, config_of("bert")) is writes
    assert bind_encoder_decoder(reads, config_of("mt5")) is reads


def test_a_task_that_reads_and_writes_with_one_encoder_is_refused():
    with pytest.raises(InputError, match="t5 has an encoder and a decoder. Choose a checkpoint such as bert"):
        bind_encoder_decoder(task_with(EmbeddingHead()), config_of("mt5"))


def test_a_configuration_without_start_tokens_is_refused():
    with pytest.raises(InputError, match="bart needs decoder_start_token_id to write"):
        bind_encoder_decoder(task_with(LanguageModelHead()), configure(SIZES, model="bart"))
