"""DuReader-robust: reading of questions with passages of the web. Exact match and F1. Tang et al., 2021, arXiv:2004.11142.

{"data": [{"paragraphs": [{"context": "…", "qas": [{"id": "…", "question": "…", "answers": [{"text": "…", "answer_start": 9}]}]}]}]}

As `read`, with the published baseline's head and length (kexue.fm/archives/7321 reports F1 0.69 of the first test set). Answers are
of up to 16 tokens; `--longest_answer` changes it.
"""

import dataclasses

from baselines.data.windows import encode_answers, encode_windows
from baselines.heads.span import PointerPairHead, decode_answer
from baselines.metrics.reading import exact_match_and_f1
from baselines.task import Demo, Linting, Recipe, Submission, Task
from tasks.common import Reading, ReadingInference, answer_spans, bind_reading, read_questions
from tasks.extraction.common import source


@dataclasses.dataclass(frozen=True)
class Options(Reading):
    """Flags of DuReader-robust."""

    head: str = "pointer_pair"
    """pointer_pair scores the first and the last token of an answer; global_pointer scores every span."""
    longest_answer: int = 16
    """Maximum tokens of a predicted answer; 0: no limit."""


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": ("test1.json", "test2.json")},
    read=read_questions,
    encode=encode_windows,
    encode_train=encode_answers,
    head=PointerPairHead(longest=16),
    loss=PointerPairHead.loss,
    decode=decode_answer,
    metric=exact_match_and_f1,
    recipe=Recipe(max_length=256, batch_size=32, epochs=20, learning_rate=2e-5),
    submit=Submission(
        files={"test1.json": "rc_pred.json", "test2.json": "rc_pred2.json"},
        record=lambda example, answer: {str(example.id): answer},
        layout="object",
    ),
    source=source("extraction/dureader"),
    options=Options,
    inference_options=ReadingInference,
    bind=bind_reading,
    linting=Linting(spans=answer_spans),
    num_texts=2,
    demo=Demo({"max_length": 128, "batch_size": 16, "epochs": 10, "learning_rate": 5e-4}),
)
