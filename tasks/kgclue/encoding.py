"""A question and the key of its answer as one row: [CLS] question [SEP] subject [SEP] predicate [SEP] meaning [SEP].

"刘晓华主要讲什么课啊？", "刘晓华（广东工业大学教授） ||| 主讲课程 ||| 《固体物理》": segment 0 up to the first [SEP], 1
behind it; only the key is learned. Subject and predicate come first, because questions determine them well and few meanings
remain: 8 to 10 points better than subject, meaning, predicate, which is the order "smp". Su, 2021, kexue.fm/archives/8802.
"""

from collections.abc import Iterator

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.errors import InputError
from baselines.losses.next_tokens import next_tokens
from baselines.prompts.source_target import source_prompt
from baselines.retrieval.prefix_index.answers import KnowledgeAnswers
from baselines.retrieval.prefix_index.names import order_of, split_name
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

MAX_QUESTION = 65
"""Tokens of a question in training; answering uses the whole row length."""


def columns_of(text: str, origin: str) -> tuple[str, str, str]:
    """(name, predicate, object) of an answer 刘晓华（…） ||| 主讲课程 ||| 《固体物理》. Raises InputError for other formats."""
    columns = tuple(column.strip() for column in text.split("|||"))
    if len(columns) != 3 or not columns[0] or not columns[1]:
        raise InputError(f"{origin}: the answer is {text[:80]!r}. Write it as SUBJECT ||| PREDICATE ||| OBJECT.")
    return columns


def encode_question(
    example: Example, tokenizer: Tokenizer, max_length: int, order: str = "spm"
) -> Iterator[tuple[dict, np.ndarray | None]]:
    """The `encode` stage: one (features, next tokens int32 (L,)); without gold only the question. Long rows are truncated."""
    if example.gold is None:
        prompt = prompt_of(example, tokenizer, max_length)
        yield {"token_ids": prompt.token_ids, "segment_ids": prompt.segment_ids}, None
        return
    prompt = source_prompt(example.texts[0], tokenizer, min(MAX_QUESTION, max_length))
    name, predicate, _ = columns_of(example.gold, example.origin)
    subject, meaning = split_name(name)
    parts, sep_id = {"subject": subject, "predicate": predicate, "meaning": meaning}, tokenizer.vocabulary.sep_id
    key = [token for part in order_of(order) for token in (*tokenizer.ids(parts[part]), sep_id)]
    token_ids = np.concatenate([prompt.token_ids, np.array(key, np.int32)])[:max_length]
    segment_ids = np.zeros_like(token_ids)
    segment_ids[len(prompt.token_ids) :] = 1
    yield {"token_ids": token_ids, "segment_ids": segment_ids}, next_tokens(token_ids, segment_ids == 1)


def prompt_of(example: Example, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The `prompt` stage: the question."""
    return source_prompt(example.texts[0], tokenizer, max_length)


class AnswerConstraints:
    """Limits generated keys to those of an index, and looks up their answers; see retrieval/prefix_index/answers.py."""

    def __init__(self, answers: KnowledgeAnswers):
        self.answers = answers

    def constraints(self, example: Example, prompt: Prompt) -> tuple:
        return self.answers.constraints(example.texts[0], prompt.token_ids.tolist())

    def answers_of(self, example: Example, outputs: dict, question_ids: list[int] | None = None) -> list:
        """[KnowledgeAnswer], best first, of the finished texts; with `question_ids` they include the reasons."""
        texts = zip(outputs["token_ids"], outputs["scores"], outputs["finished"], strict=True)
        keys = [(ids, score) for ids, score, finished in texts if finished]
        return self.answers.answers_of(example.texts[0], keys, question_ids)

    def decode(self, example: Example, outputs: dict) -> str:
        """The best answer in the format of KgCLUE's files, or "" without one."""
        return next((answer.text for answer in self.answers_of(example, outputs)), "")
