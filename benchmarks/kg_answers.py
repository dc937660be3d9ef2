"""Questions to a knowledge base per second: a beam of 3 kept to an index, 16 questions at once with kept keys and values, and the
same answers one question at a time with every step computed anew, as the code of kexue.fm/archives/8802 does.

    python benchmarks/kg_answers.py --questions 32 --rounds 3

The model has the size of checkpoints/mini and random weights; knowledge and questions are made up. Prints a table, with the
largest difference of a best score from that of the last way.
"""

import argparse
import importlib.metadata
import os
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import keras
import numpy as np
from keras import ops

from baselines.decoding.beam import beam_search
from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.decoding.top_tokens import from_whole
from baselines.generation.batch_generator import BatchGenerator
from baselines.models.builder import build_transformer_model, configure
from baselines.retrieval.prefix_index.answers import KnowledgeAnswers
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from baselines.tokenizers.tokenizer import Tokenizer
from benchmarks.rounds import machine, ratio, take_turns

MINI = pathlib.Path(__file__).resolve().parent.parent / "checkpoints" / "mini"
MOST = 32
"""Longest key, in tokens."""


class Recomputed:
    """decoding.scores.Rows of one prompt: every step runs the whole model on prompt and text, padded to one shape."""

    def __init__(self, model: Any, end_id: int, width: int, capacity: int):
        self.end_id, self.num_rows, self.width, self.capacity = end_id, 1, width, capacity
        self.vocab_size = model.output["mlm"].shape[-1]
        self._predict = _compiled(model)

    def prefill(self, rows: Any, prompts: Any, adjust: Any = None) -> Any:
        self.prompt, self.texts = prompts[0], [[]] * self.width
        return self._scores(1, adjust)

    def step(self, tokens: int, parents: Any = None, adjust: Any = None) -> Any:
        self.texts = [[*self.texts[parent], int(token)] for parent, token in zip(parents[0], tokens[0], strict=True)]
        return self._scores(self.width, adjust)

    def free(self, rows: Any) -> None:
        """Nothing is kept."""

    def _scores(self, count, adjust):
        length = len(self.prompt.token_ids) + len(self.texts[0])
        features = {name: np.zeros((self.width, self.capacity), np.int32) for name in ("token_ids", "segment_ids")}
        features["token_ids"][:, :length] = [[*self.prompt.token_ids, *text] for text in self.texts]
        features["segment_ids"][:, len(self.prompt.token_ids) : length] = 1
        logits = np.array(self._predict(features, length - 1), np.float32)[None, :count]
        log_p = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
        if adjust is not None and adjust.allowed is not None:
            log_p = np.where(adjust.allowed[:, :count], log_p, -np.inf)
        return from_whole(log_p, self.end_id, min(64, self.vocab_size))


def _compiled(model):
    """(features, place) -> logits float (B, V) there; the graph is compiled once."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        run = tf.function(lambda features, place: model(features)["mlm"][:, place], jit_compile=True)
        return lambda features, place: run(features, tf.constant(place)).numpy()
    if keras.backend.backend() == "jax":
        import jax

        weights = [variable.value for variable in model.variables]
        count = len(model.trainable_variables)

        def forward(features, place):
            return model.stateless_call(weights[:count], weights[count:], features)[0]["mlm"][:, place]

        run = jax.jit(forward)
        return lambda features, place: np.asarray(run(features, place))
    return lambda features, place: ops.convert_to_numpy(model(features)["mlm"][:, place])


def knowledge(tokenizer: Any, count: int, seed: int = 0) -> tuple:
    """(lines of a knowledge base, questions): names and predicates drawn from the vocabulary's characters."""
    generator = np.random.default_rng(seed)
    characters = [token for token in tokenizer.vocabulary.tokens if len(token) == 1 and "一" <= token <= "龥"]
    draw = lambda size: "".join(generator.choice(characters, size))  # noqa: E731
    predicates = [draw(generator.integers(2, 5)) for _ in range(200)]
    lines, questions = [], []
    for _ in range(count // 5):
        name = draw(generator.integers(2, 8))
        some = generator.choice(predicates, 5, replace=False)
        lines += [f"{name}\t{predicate}\t{draw(6)}\n" for predicate in some]
        questions.append(f"{name}的{some[0]}是什么？")
    return lines, questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--questions", type=int, default=32)
    parser.add_argument("--triples", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beam", type=int, default=3)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(1)
    tokenizer = Tokenizer.from_folder(MINI)
    model = build_transformer_model(configure(MINI), application="unilm", with_mlm="linear")
    end_id = tokenizer.vocabulary.sep_id
    with tempfile.TemporaryDirectory() as folder:
        lines, questions = knowledge(tokenizer, arguments.triples)
        questions = questions[: arguments.questions]
        path = pathlib.Path(folder) / "Knowledge.txt"
        path.write_text("".join(lines), encoding="utf-8")
        build(path, path.with_name("index"), KeyTokenizer.of(tokenizer))
        index = PrefixIndex.open(path.with_name("index"))
        prompts = [Prompt(each["token_ids"], each["segment_ids"], segment=1) for each in map(tokenizer.encode, questions)]
        writer = BatchGenerator(model, end_id, context=128, output="mlm")
        writing = GenerationConfig(beam=arguments.beam, max_tokens=MOST, ends=3)
        slow = Recomputed(model, end_id, arguments.beam, 64)

        def together(answers, each):
            return writer.generate(prompts, writing, each)

        def alone(answers, each):
            return [writer.generate([prompt], writing, [some])[0] for prompt, some in zip(prompts, each, strict=True)]

        def anew(answers, each):
            settings = {"beam": arguments.beam, "ends": 3, "max_tokens": MOST}
            return [beam_search(slow, [prompt], [some], **settings)[0] for prompt, some in zip(prompts, each, strict=True)]

        best = {}

        def play(way):
            answers = KnowledgeAnswers(index, tokenizer.ids)                     # nothing is remembered from the round before
            started = time.perf_counter()
            pairs = zip(questions, prompts, strict=True)
            each = [answers.constraints(question, prompt.token_ids.tolist()) for question, prompt in pairs]
            best[way] = np.array([found[0].score for found in way(answers, each)])
            return time.perf_counter() - started

        ways = {"16 at once, kept keys": together, "one at a time, kept keys": alone, "one at a time, all anew": anew}
        found = take_turns(ways, arguments.rounds, play)
    peer = found["one at a time, all anew"]
    versions = f"Keras {keras.__version__} on {keras.backend.backend()}, NumPy {importlib.metadata.version('numpy')}"
    print(f"{len(questions)} questions, {len(lines):,} triples, beam {arguments.beam}, {versions}\n{machine()}\n")
    print("| way | questions/s | seconds per 1,000 | against all anew | score differs by |\n|---|---:|---:|---:|---:|")
    for name, seconds in found.items():
        middle = statistics.median(seconds)
        off = np.abs(best[ways[name]] - best[anew]).max()
        per_second, per_thousand = len(questions) / middle, 1000 * middle / len(questions)
        print(f"| {name} | {per_second:.1f} | {per_thousand:.1f} | {ratio(peer, seconds)}x | {off:.1e} |")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
