"""Read: extractive question answering on your own SQuAD-style JSON. Exact match and F1.

{"data": [{"paragraphs": [{"context": "…", "qas": [{"id": "…", "question": "…", "answers": [{"text": "…", "answer_start": 9}]}]}]}]}

As clue/cmrc2018: long texts are cut into overlapping windows, answers are the text's own characters. Questions marked as
unanswerable ("answers": []) are left out of train and dev; with `--impossible` the model learns to leave them unanswered, and dev's
scores name the best `--no_answer_threshold`.
"""

from baselines.data.windows import encode_answers, encode_windows
from baselines.heads.span import SpanHead, decode_answer
from baselines.metrics.reading import exact_match_and_f1
from baselines.task import Demo, Linting, Recipe, Task
from tasks.common import Reading, ReadingInference, answer_spans, bind_reading, read_questions

TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read_questions,
    encode=encode_windows,
    encode_train=encode_answers,
    head=SpanHead(),
    loss=SpanHead.loss,
    decode=decode_answer,
    metric=exact_match_and_f1,
    recipe=Recipe(max_length=384, batch_size=16, epochs=5, learning_rate=2e-5, eval_batch_size=16),
    source="Put your own file there",
    options=Reading,
    inference_options=ReadingInference,
    bind=bind_reading,
    linting=Linting(spans=answer_spans),
    num_texts=2,
    demo=Demo({"max_length": 128, "batch_size": 16, "accumulate": 1, "epochs": 12, "learning_rate": 5e-4}),
)
