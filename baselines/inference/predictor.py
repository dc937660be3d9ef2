"""A run that classifies, tags or reads: one example in, its prediction out."""

from baselines.errors import InputError
from baselines.heads.entities import EntityHead
from baselines.heads.span import SpanHead
from baselines.task import Categories, Example


class Predictor:
    """A serving.hosted.Predictor of a session with trained weights."""

    def __init__(self, session):
        self.session, self.task_name, self.kind = session, session.name, kind_of(session)
        self.texts = texts_of(session, self.kind)
        self._steps = session.steps()

    def predict(self, texts):
        example = Example(id=0, texts=texts, origin="the request")
        decode = answer_with_span if self.kind == "answer" else None
        rows = self.session.rows([example])
        predictions, _, confidences = self.session.predict(self._steps, [example], rows, decode)
        found = predictions[0] if self.kind == "answer" else {"prediction": predictions[0]}
        return found if confidences is None else {**found, "confidence": round(float(confidences[0]), 6)}


def answer_with_span(example, outputs):
    """{"prediction": the text, "span": [start, end] of its characters in the passage}, of the window with the best score."""
    best = max(range(len(outputs["score"])), key=outputs["score"].__getitem__)
    start, end = outputs["start"][best], outputs["end"][best]
    return {"prediction": example.texts[1][start:end], "span": [start, end]}


def kind_of(session):
    """The form of the predictions, see serving.hosted.Predictor."""
    head, labels = session.task.head, session.task.labels
    if isinstance(head, SpanHead):
        return "answer"
    if isinstance(head, EntityHead):
        return "entities"
    if isinstance(labels, Categories):
        return "labels"
    return "label" if labels else "other"


def texts_of(session, kind):
    """The names of an example's texts. Raises InputError for tasks whose examples are more than one text or two."""
    count = session.task.num_texts
    if count not in (1, 2):
        raise InputError(f"{session.name}: expected a task with one text or two per example. For others see `run.py predict`.")
    if kind == "answer":
        return ("question", "passage")
    return ("text", "text_pair")[:count]
