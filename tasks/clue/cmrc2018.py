"""CMRC2018: the answer to a question, as a span of a passage. Exact match and F1. Cui et al., 2019, arXiv:1810.07366.

{"data": [{"paragraphs": [{"context": "…", "qas": [{"id": "…", "question": "…", "answers": [{"text": "…", "answer_start": 9}]}]}]}]}

DRCD and DuReader-robust have this layout too. Test files have stand-ins for answers, at answer_start -1. Windows start a
quarter of max_length apart. The reference scores dev on windows that gold has cut into tokens, and by the first answer's
tokens: here dev is encoded like test, and scored by the official rules over all answers.
"""

import dataclasses

from baselines.data.windows import encode_answers, encode_windows
from baselines.heads.span import SpanHead, decode_answer
from baselines.metrics.reading import exact_match_and_f1
from baselines.task import Submission, Task
from tasks.clue.common import RECIPE, source
from tasks.common import Reading, answer_spans, bind_reading, read_questions

TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read_questions,
    encode=encode_windows,
    encode_train=encode_answers,
    head=SpanHead(),
    loss=SpanHead.loss,
    decode=decode_answer,
    metric=exact_match_and_f1,
    recipe=dataclasses.replace(RECIPE, max_length=512, batch_size=16, accumulate=2, eval_batch_size=16),
    submit=Submission(
        files={"test.json": "cmrc2018_predict.json"},
        record=lambda example, answer: {str(example.id): answer},
        layout="object",
    ),
    source=source("cmrc2018_public.zip", "datasets/clue/cmrc2018"),
    options=Reading,
    bind=bind_reading,
    spans=answer_spans,
    num_texts=2,
    demo={"max_length": 128, "batch_size": 16, "accumulate": 1, "epochs": 10, "learning_rate": 5e-4},
)
