"""Runs for tests of the server: a model that repeats what was said last, on the real scheduler, and a predictor.

    python tests/serving/parrot.py PORT [PAUSE]        serves them, for tests that need a process of its own

Of a text that begins with 永 it has no end; after 掷 it writes digits at random; 砸 breaks it.
"""

import contextlib
import itertools
import sys
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from baselines.decoding.decoder_protocol import Prompt  # noqa: E402
from baselines.decoding.generation_config import GenerationConfig  # noqa: E402
from baselines.decoding.scheduler import Scheduler  # noqa: E402
from baselines.decoding.top_tokens import from_whole  # noqa: E402
from baselines.errors import InputError  # noqa: E402
from baselines.serving import server  # noqa: E402
from baselines.serving.app import create_app  # noqa: E402
from baselines.serving.limits import Access, Limits  # noqa: E402
from baselines.serving.model_registry import ModelRegistry  # noqa: E402
from baselines.tokenizers.tokenizer import Tokenizer  # noqa: E402
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary  # noqa: E402

LETTERS = "0123456789你好在吗天气今明怎样很不错再见说一二三四五六七八九十永远掷骰子砸，。？！<>b/"
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary([*SPECIAL_TOKENS, *LETTERS, "hello", "world", "##s"]))
IDS = TOKENIZER.vocabulary.ids
DIGITS = [IDS[digit] for digit in "0123456789"]


class ParrotRows:
    """scores.Rows; `pause` seconds per step, `steps` made. A step waits while `going` is cleared."""

    width, end_id, vocab_size = 1, IDS["[SEP]"], len(TOKENIZER.vocabulary)

    def __init__(self, num_rows, capacity, pause):
        self.num_rows, self.capacity, self.pause, self.steps = num_rows, capacity, pause, 0
        self.held = {}                                                  # {row: what it will write}
        self.going = threading.Event()
        self.going.set()

    def prefill(self, rows, prompts, adjust=None):
        for row, prompt in zip(rows, prompts, strict=True):
            self.held[row] = self.script(prompt.token_ids.tolist())
        return self.scores(rows, adjust)

    def script(self, token_ids):
        last = next(list(part) for end, part in itertools.groupby(token_ids[::-1], lambda one: one == self.end_id) if not end)[::-1]
        last = [token for token in last if token != IDS["[CLS]"]]
        if last[0] == IDS["砸"]:
            raise RuntimeError("the parrot fell off its perch")
        if last[0] == IDS["永"]:
            return itertools.cycle(last)
        if last[0] == IDS["掷"]:
            return itertools.chain([DIGITS] * 6, [self.end_id])
        return iter([*last, self.end_id])

    def step(self, tokens, parents=None, adjust=None):
        self.steps += 1
        self.going.wait(60)
        time.sleep(self.pause)
        return self.scores(range(len(tokens)), adjust)

    def scores(self, rows, adjust):
        values = np.full((len(rows), 1, self.vocab_size), -30.0, np.float32)
        for number, row in enumerate(rows):
            likely = next(self.held.get(row, iter(())), self.end_id)
            values[number, 0, likely] = -np.log(np.size(likely))
            if adjust is not None and adjust.allowed is not None:
                values[number][~adjust.allowed[number]] = -np.inf
        return from_whole(values, self.end_id, 20)

    def free(self, rows):
        for row in rows:
            self.held.pop(row, None)


class Parrot:
    """A ServedGenerator of such rows."""

    tokenizer = TOKENIZER

    def __init__(self, task_name="chat/parrot", kind="chat", rows=4, max_queue=8, context=64, pause=0.0):
        self.task_name, self.dialogue, self.context = task_name, kind == "chat", context
        chats = self.dialogue
        settings = {"top_k": 5, "max_tokens": 48, "seed": 0} if chats else {"beam": 3, "max_tokens": 24}
        self.generation_config = GenerationConfig(**settings)
        self.rows = ParrotRows(rows, context, pause)
        self.scheduler = Scheduler(self.rows, max_queue)

    def prompt(self, texts, max_tokens):
        longest = self.context - max_tokens
        parts = [TOKENIZER.ids(text).tolist()[: longest - 2] for text in texts]
        if not parts[-1]:
            raise InputError("expected a text with a word in it. Received: none.")
        dropped = 0
        while 1 + sum(len(part) + 1 for part in parts) > longest:
            parts, dropped = parts[1:], dropped + 1
        ids = [IDS["[CLS]"], *itertools.chain.from_iterable([*part, self.rows.end_id] for part in parts)]
        return Prompt(np.array(ids, np.int32), np.zeros(len(ids), np.int32)), dropped


class Lengths:
    """A Predictor: long and short texts. It waits while `going` is cleared."""

    task_name, kind, texts = "classify", "label", ("text",)

    def __init__(self):
        self.going = threading.Event()
        self.going.set()

    def predict(self, texts):
        self.going.wait(60)
        return {"prediction": "长" if len(texts[0]) > 5 else "短", "confidence": 0.75}


class Names:
    """A Predictor: 你好 wherever it stands."""

    task_name, kind, texts = "tag", "entities", ("text",)

    def predict(self, texts):
        starts = [start for start in range(len(texts[0])) if texts[0].startswith("你好", start)]
        return {"prediction": [[start, start + 2, "GREETING", "你好"] for start in starts], "confidence": 0.5}


class Facts:
    """A Predictor: 你好 is a greeting, and is said to the first word of the text."""

    task_name, kind, texts = "extract", "extraction", ("text",)

    def predict(self, texts):
        place = texts[0].index("你好")
        greeting = {"type": "问候", "start": place, "end": place + 2, "text": "你好", "confidence": 0.9}
        person = {"type": "人物", "start": 0, "end": 2, "text": texts[0][:2], "confidence": 0.8}
        content = {"role": "内容", "start": place, "end": place + 2, "text": "你好", "confidence": 0.9}
        relation = {"predicate": "对象", "subject": greeting, "object": person, "confidence": 0.8}
        event = {"type": "说话", "arguments": [content], "confidence": 0.9}
        return {"prediction": {"entities": [person, greeting], "relations": [relation], "events": [event]}}


class Words:
    """A Predictor: a word after each 2 characters, a noun."""

    task_name, kind, texts = "segment", "words", ("text",)

    def predict(self, texts):
        return {"prediction": [[texts[0][start : start + 2], "n"] for start in range(0, len(texts[0]), 2)]}


class Reader:
    """A Predictor: the first year of a passage."""

    task_name, kind, texts = "read", "answer", ("question", "passage")

    def predict(self, texts):
        start = max(texts[1].find("1923年"), 0)
        return {"prediction": texts[1][start : start + 5], "span": [start, start + 5], "confidence": 0.9}


class Letters:
    """An Embedder: how often each token occurs, so that texts are as similar as their letters. 砸 breaks it.

    A pass waits while `going` is cleared.
    """

    task_name, dimensions = "simbert", len(TOKENIZER.vocabulary)

    def __init__(self, pause=0.0):
        self.pause, self.passes, self.going = pause, [], threading.Event()      # passes: texts of each one
        self.going.set()

    def embed(self, texts):
        self.passes.append(list(texts))
        self.going.wait(60)
        time.sleep(self.pause)
        found = [TOKENIZER.ids(text) for text in texts]
        if not all(map(len, found)):
            raise InputError("expected a text with a token in it. Received: one without.")
        if any(IDS["砸"] in ids for ids in found):
            raise RuntimeError("the letters fell out of their box")
        counts = np.array([np.bincount(ids, minlength=self.dimensions) for ids in found], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True), [len(ids) + 2 for ids in found]


class Shelf:
    """An Index of a few texts; rerank "length" puts the shortest first, a lexical search the longest."""

    task_name, model, rerankers, ways = "simbert", "simbert/letters", ("length",), ("vectors", "lexical")

    def __init__(self, texts=("今天天气不错", "今天天气怎样", "明天再见", "你好", "你好吗")):
        self.texts, self.size = texts, len(texts)
        self.vectors, _ = Letters().embed(texts)

    def search(self, query, vector, k, rerank, by):
        scores = self.vectors @ vector if by == "vectors" else np.array([len(text) / 8 for text in self.texts])
        order = np.argsort(-scores, kind="stable")[:k].tolist()
        if rerank:
            order.sort(key=lambda place: len(self.texts[place]))
        rows = [{"question": text, "topic": text[-2:], "place": place} for place, text in enumerate(self.texts)]
        return [{"id": place, "text": self.texts[place], "score": float(scores[place]), "metadata": rows[place]} for place in order]


def make_app(limits=Limits(max_tokens=16), access=Access(), log_text=False, pause=0.0, similar=False, **parrot):  # noqa: B008
    """An application of two generators and four predictors; the first ones are app.state.parrot and app.state.lengths.

    similar   also of one that writes and makes vectors, app.state.letters, and of an index of these
    """
    generators = {"chat/parrot": Parrot(pause=pause, **parrot), "seq2seq/parrot": Parrot("seq2seq", "seq2seq")}
    predictors = {"classify": Lengths(), "tag": Names(), "read": Reader(), "extract": Facts(), "segment": Words()}
    embedders, indexes = {}, {}
    if similar:
        generators["simbert/letters"], embedders["simbert/letters"] = Parrot("simbert", "seq2seq", pause=pause), Letters(pause)
        indexes["faq"] = Shelf()
    app = create_app(ModelRegistry(generators, predictors, embedders, indexes), limits, access, log_text)
    app.state.parrot, app.state.letters = generators["chat/parrot"], embedders.get("simbert/letters")
    app.state.lengths = predictors["classify"]
    return app


@contextlib.contextmanager
def serving(app, grace=0.2):
    """Yields the address at which a thread serves `app`."""
    found = server.listening("127.0.0.1", 0)
    running = server.Server(app, grace)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [found]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not running.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield server.address(found)
    finally:
        running.should_exit = True
        thread.join(10)
        found.close()


def main(port, pause="0.05"):
    server.log_to()
    return server.run(make_app(pause=float(pause)), server.listening("127.0.0.1", int(port)), grace=3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
