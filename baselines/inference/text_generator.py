"""A run that writes, ready for people: texts in, texts out, many at once or piece by piece. generate, chat and serve stand on it.

    generator = Generator.from_run("runs/seq2seq/20261120-101500")
    generator.write([["北京今日……"]], Writing(beam=3))                 # [[Text("……", -3.1, True)]]
"""

import dataclasses
import functools

from baselines.data.readers import text_lines
from baselines.decoding.scheduler import Finished, Request, Scheduler
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.generation.batch_generator import LONGEST, seeds
from baselines.models.families import trained_positions
from baselines.prompts.dialogue import history_prompt, utterances_of
from baselines.prompts.source_target import source_prompt
from baselines.retrieval.prefix_index.constraint import InIndex
from baselines.runtime.progress import Display
from baselines.task_models.loading import open_run
from baselines.tokenizers.streaming import TextStream


@dataclasses.dataclass(frozen=True)
class Text:
    """A text that was written; score is what several are ranked by, finished is False for one that was cut."""

    text: str
    score: float
    finished: bool


class TextGenerator:
    """The best checkpoint of a run whose task writes.

    name, task_name   of the run; kind is "chat" (texts are a dialogue's utterances) or "seq2seq" (one text, the source)
    writing           settings that the run's task scores texts with: the defaults for others
    context           most tokens of prompt and text together
    num_rows          texts that `scheduler` writes at once
    """

    def __init__(self, session, name, num_rows=8):
        self.name, self.task_name, self.num_rows = name, session.name, num_rows
        self.tokenizer, self.writing = session.tokenizer, session.task.generation.config
        self.kind = "chat" if session.task.generation.dialogue else "seq2seq"
        self.context = min(trained_positions(session.config) or LONGEST, session.recipe.max_length + self.writing.max_tokens)
        self.end_id = self.tokenizer.vocabulary.sep_id
        self._writer = session.generation.batch_generator(self.context)
        self._session = session

    @classmethod
    def from_run(cls, folder, num_rows=8, name=None, quiet=True):
        """Raises InputError for a run whose task does not write."""
        run = RunFolder.open(folder)
        with Display(quiet) as display:
            session, _ = open_run(run, None, display)
        if session.task.generation is not None and session.task.generation.needs_index:
            raise InputError(f"{folder}: expected a run that writes texts. Received: {session.name}; see `run.py kg ask`.")
        if session.task.generation is None:
            raise InputError(f"{folder}: expected a run of a task that writes, such as seq2seq or chat. Received: {session.name}.")
        return cls(session, name or f"{session.name}/{run.path.name}", num_rows)

    @functools.cached_property
    def scheduler(self):
        """Writes texts of many askers; whoever uses it steps it."""
        return Scheduler(self._writer.rows(self.num_rows, 1, self.context, self.context))

    def inputs(self, path):
        """[(id, texts)] of a file in the format of the run's task, or for seq2seq of a .txt with a text on each line.

        Of a dialogue all utterances are history: what follows the last one is written.
        """
        if self.kind == "seq2seq" and path.lower().removesuffix(".gz").endswith(".txt"):
            return [(number, (line,)) for number, line in text_lines.read(path) if line.strip()]
        texts = utterances_of if self.kind == "chat" else lambda example: example.texts
        return [(example.id, texts(example)) for example in self._session.read_split("test", path).examples]

    def prompt(self, texts, max_tokens=None):
        """(Prompt that leaves room for `max_tokens`, number of oldest utterances that did not fit).

        Raises InputError for texts without tokens, another number of them than the task takes, and too many tokens to write.
        """
        max_tokens = self.writing.max_tokens if max_tokens is None else max_tokens
        room = self.context - max_tokens
        if room < 3:
            most = self.context - 3
            raise InputError(f"max_tokens: expected at most {most} of this model's {self.context}. Received: {max_tokens}.")
        if self.kind == "chat":
            return history_prompt(texts, self.tokenizer, room)
        if len(texts) != 1:
            raise InputError(f"{self.task_name}: expected one text to write from. Received: {len(texts)}. Put it between quotes.")
        return source_prompt(texts[0], self.tokenizer, room), 0

    def text(self, token_ids):
        """What token ids say."""
        return self.tokenizer.decode(token_ids)

    def write(self, inputs, writing=None, constraints=()):
        """For each list of texts the Texts written after it, best first."""
        writing = writing or self.writing
        prompts = [self.prompt(texts, writing.max_tokens)[0] for texts in inputs]
        found = self._writer.write(prompts, writing, constraints)
        return [[Text(self.text(one.token_ids), one.score, one.finished) for one in some] for some in found]

    def retrieve(self, inputs, index, writing=None):
        """For each list of texts [(Entry, score)] of keys of a PrefixIndex written after it, best first.

        Raises InputError for an index of knowledge, whose keys have several parts, and for one of another vocabulary.
        """
        if index.parts != 1:
            raise InputError(
                f"{index.folder}: expected an index of plain keys (lines, tsv, jsonl). Received: one of knowledge, see run.py kg."
            )
        if index.header["vocabulary"]["fingerprint"] != self.tokenizer.fingerprint():
            raise InputError(f"{index.folder}: expected an index made with this run's vocabulary. Received: one made with another.")
        writing = writing or self.writing
        prompts = [self.prompt(texts, writing.max_tokens)[0] for texts in inputs]
        found = self._writer.write(prompts, writing, (InIndex(index),))
        return [[(entry, one.score) for one in some for entry in index.lookup(one.token_ids)] for some in found]

    def stream(self, texts, writing=None):
        """Yields one text piece by piece, as it is drawn. Whoever stops asking stops the writing."""
        writing = writing or self.writing
        if writing.beam or writing.num > 1:
            raise InputError("expected one text that is drawn: beams and several texts cannot be shown while they are written.")
        prompt, _ = self.prompt(texts, writing.max_tokens)
        stream, pieces, over, ((seed,),) = TextStream(self.tokenizer), [], [], seeds(writing, 1)

        def receive(event):
            (over if isinstance(event, Finished) else pieces).append(event)

        request = Request(
            prompt, writing.sampling(), writing.max_tokens, writing.min_tokens, seed, writing.constraints(), receive
        )
        ticket = self.scheduler.submit(request)
        try:
            while not over:
                self.scheduler.step()
                while pieces:
                    if piece := stream.add(pieces.pop(0).id):
                        yield piece
            if piece := stream.finish():
                yield piece
        finally:
            if not over:                                                # left early, by Ctrl-C for one
                self.scheduler.cancel(ticket)
                self.scheduler.step()
