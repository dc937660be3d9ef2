"""CSL: the title of a paper from its abstract; ROUGE-L/1/2 of characters and of words, BLEU. Li et al., 2022, arXiv:2209.05034.

to title<TAB>采用修正的Rodrigues参数(MRP),建立了……<TAB>一种基于……的设计方法                benchmark/ts of ydli-ai/CSL
{"id": 0, "abst": "…", "title": "…"}                                               CLGE's, as in bert4keras' example

Published, of the second set and by the package `rouge`, see docs/seq2seq.md: ROUGE-L 63.81, -1 65.45, -2 54.91, BLEU 45.52.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.decoding.generation_config import GenerationConfig
from baselines.heads.language_model import LanguageModelHead
from baselines.losses.token_mean import TokenMean
from baselines.metrics.generation import text_scores
from baselines.prompts.source_target import encode_pair, prompt_of
from baselines.task import Demo, Example, Generation, Recipe, Task
from tasks.common import GenerationFlags

COLUMNS = ("prompt", "abst", "title")


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path, COLUMNS):
        gold = row.text("title") if row.get("title") is not None else None
        yield Example(id=row.id("id"), texts=(row.text("abst"),), gold=gold, origin=row.origin)


TASK = Task(
    files={"train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"},
    read=read,
    encode=encode_pair,
    head=LanguageModelHead("prefix"),
    loss=TokenMean(),
    decode=None,                                                        # the best text as it is
    metric=text_scores,
    generation=Generation(prompt=prompt_of, config=GenerationConfig(top_k=1, max_tokens=64)),
    recipe=Recipe(max_length=256, batch_size=16, epochs=20, learning_rate=2e-5),
    source="Get them from benchmark/ts of https://github.com/ydli-ai/CSL",
    options=GenerationFlags,
    demo=Demo({"max_length": 128, "epochs": 20, "learning_rate": 5e-4}, checkpoint="mini_unilm"),
)
