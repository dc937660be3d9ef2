"""LCCC: replies of short dialogues from social media; log-likelihood per token, distinct-1/2. Wang et al., 2020, arXiv:2008.03946.

["火锅 我 在 重庆 吃 了 七八 顿", "哈哈哈哈 ！ 那 我 的 嘴巴 要 烂掉 ！"]    words or characters apart; a dialogue per line, or one
{"train": [["火锅 我 在 …", …], …], "valid": […], "test": […]}        JSON file with all splits: give it to --train and --dev alike

The reference trained NEZHA on the large corpus to 2.83 nats per token, in 625,000 updates of 256 dialogues.
"""

import functools

from baselines.losses.token_mean import TokenMean
from baselines.metrics.generation import reply_scores
from baselines.prompts.dialogue import encode_dialogue
from baselines.task import Demo, Recipe, Task
from tasks.chat.common import GENERATION, HEAD, ChatFlags, read

TASK = Task(
    files={"train": "lccc_base_train.jsonl.gz", "dev": "lccc_base_valid.jsonl.gz", "test": "lccc_base_test.jsonl.gz"},
    read=functools.partial(read, tokenized=True),
    encode=encode_dialogue,
    head=HEAD,
    loss=TokenMean(),
    decode=None,                                                        # the best text as it is
    metric=reply_scores,
    generation=GENERATION,
    recipe=Recipe(max_length=512, batch_size=16, accumulate=16, epochs=3, learning_rate=2e-5),
    source="Get LCCC from https://github.com/thu-coai/CDial-GPT",
    num_texts=None,
    options=ChatFlags,
    demo=Demo({"max_length": 128, "batch_size": 8, "accumulate": 1, "epochs": 20, "learning_rate": 5e-4}, checkpoint="mini_unilm"),
)
