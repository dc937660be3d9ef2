"""Chat: replies to a dialogue, learned from your own dialogues of two speakers; log-likelihood per token, distinct-1/2 of replies.

["吃了吗", "吃了", "吃的什么"]                      run.py train chat --train dialogues.jsonl --init NEZHA_OR_ROFORMER

JSON lines or one JSON file of lists of texts or of messages, or texts between tabs: see docs/chat.md. One pass over a dialogue
learns every utterance of it, under the causal mask; segments mark the two speakers. Layout: bojone/nezha_gpt_dialog.
"""

from baselines.losses.token_mean import TokenMean
from baselines.metrics.generation import reply_scores
from baselines.prompts.dialogue import encode_dialogue
from baselines.task import Demo, Recipe, Task
from tasks.chat.common import GENERATION, HEAD, ChatFlags, read

TASK = Task(
    files={"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"},
    read=read,
    encode=encode_dialogue,
    head=HEAD,
    loss=TokenMean(),
    decode=None,                                                        # the best text as it is
    metric=reply_scores,
    generation=GENERATION,
    recipe=Recipe(max_length=256, batch_size=16, epochs=10, learning_rate=5e-5),
    source="Put your own file there",
    num_texts=None,
    options=ChatFlags,
    demo=Demo({"max_length": 128, "batch_size": 8, "epochs": 20, "learning_rate": 5e-4}, checkpoint="mini_unilm"),
)
