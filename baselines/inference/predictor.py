"""A run that classifies, tags or reads: one example in, its prediction out."""

from baselines.errors import InputError
from baselines.task import Example


class Predictor:
    """A serving.hosted.Predictor of a session with trained weights."""

    def __init__(self, session):
        self.session, self.task_name, self.kind = session, session.name, session.task.head.output_kind
        self.texts = texts_of(session, self.kind)
        self._steps = session.steps()

    def predict(self, texts):
        example = Example(id=0, texts=texts, origin="the request")
        decode = answer_with_span if self.kind == "answer" else None
        found = self.session.predict(self._steps, self.session.split_of([example]), decode)
        shown = found.by_id[0] if self.kind == "answer" else {"prediction": found.by_id[0]}
        return shown if found.confidences is None else {**shown, "confidence": round(float(found.confidences[0]), 6)}


def answer_with_span(example, outputs):
    """{"prediction": the text, "span": [start, end] of its characters in the passage}, of the window with the best score."""
    best = max(range(len(outputs["score"])), key=outputs["score"].__getitem__)
    start, end = outputs["start"][best], outputs["end"][best]
    return {"prediction": example.texts[1][start:end], "span": [start, end]}


def texts_of(session, kind):
    """The names of an example's texts. Raises InputError for tasks whose examples are more than one text or two."""
    count = session.task.num_texts
    if count not in (1, 2):
        raise InputError(f"{session.name}: expected a task with one text or two per example. For others see `run.py predict`.")
    if kind == "answer":
        return ("question", "passage")
    return ("text", "text_pair")[:count]
