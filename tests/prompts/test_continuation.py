"""A prompt that goes on: [CLS] and the text; a token that also ends texts does not stand ahead of one."""

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.prompts.continuation import continuation_prompt, prompt_of
from baselines.prompts.dialogue import encode_dialogue, history_prompt
from baselines.prompts.dialogue import prompt_of as reply_prompt_of
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Roles, Vocabulary

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"你好在吗"]
BERT = Tokenizer.from_vocabulary(Vocabulary(TOKENS))
GPT2 = Tokenizer.from_vocabulary(Vocabulary(TOKENS, roles=Roles(start="[SEP]", end="[SEP]", mask=None)))


@pytest.mark.parametrize("tokenizer, token_ids", [(BERT, [2, 4, 5]), (GPT2, [4, 5])])
def test_a_text_goes_on(tokenizer, token_ids):
    prompt = prompt_of(Example(1, ("你好",)), tokenizer, 16)
    assert prompt.token_ids.tolist() == token_ids and prompt.token_ids.dtype == np.int32
    assert not prompt.segment_ids.any() and prompt.segment == 0


@pytest.mark.parametrize("tokenizer, token_ids", [(BERT, [2, 6, 7]), (GPT2, [5, 6, 7])])
def test_a_long_text_keeps_its_end(tokenizer, token_ids):
    assert continuation_prompt("你好在吗", tokenizer, 3).token_ids.tolist() == token_ids


def test_a_text_without_a_token_is_refused():
    with pytest.raises(InputError, match="the text has no token"):
        continuation_prompt(" ", BERT, 16)


def test_a_dialogue_of_a_gpt2_with_one_special_token():
    ((features, targets),) = encode_dialogue(Example(1, ("你好",), "在"), GPT2, 16)
    assert features["token_ids"].tolist() == [4, 5, 3, 6, 3] and targets.tolist() == [5, 3, 6, 3, -1]
    assert history_prompt(["你好"], GPT2, 16)[0].token_ids.tolist() == [4, 5, 3]
    assert reply_prompt_of(Example(1, (), "在"), GPT2, 16).token_ids.tolist() == [3]         # a new text
