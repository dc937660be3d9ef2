"""A run or a checkpoint that generates text: texts in, texts out, at once or piece by piece. generate, chat and serve use it.

    generator = TextGenerator.from_run("runs/titles/20261120-101500")
    generator.generate([["北京今日……"]], GenerationConfig(beam=3))      # [[GeneratedText("……", -3.1, True)]]
"""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from baselines.data.readers import text_lines
from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.decoding.scheduler import Finished, Request, Scheduler
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.generation.batch_generator import MAX_CONTEXT, seeds
from baselines.models.families import trained_positions
from baselines.prompts.continuation import continuation_prompt
from baselines.prompts.dialogue import history_prompt, utterances_of
from baselines.prompts.source_target import source_prompt
from baselines.retrieval.prefix_index.constraint import InIndex
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.runtime.progress import Display
from baselines.storage.text_files import text_name
from baselines.task_models.loading import open_run
from baselines.task_models.published import open_published
from baselines.tokenizers.streaming import TextStream


@dataclasses.dataclass(frozen=True)
class GeneratedText:
    """A text that was generated.

    Args:
        text: The text.
        score: What several texts are ranked by.
        finished: Whether it ends by itself; False where it was truncated.
    """

    text: str
    score: float
    finished: bool


class TextGenerator:
    """The best checkpoint of a run whose task generates text, or a published one.

    Args:
        task_model: A trained GenerationTaskModel.
        name: Name of the run.
        num_rows: Texts that `scheduler` generates at once.

    Attributes:
        dialogue: Whether texts are the utterances of a dialogue; else there is one text, the source.
        generation_config: The settings with which the run's task scores texts; the default.
        context: Tokens of prompt and text together, at most.
    """

    def __init__(self, task_model: Any, name: str, num_rows: int = 8):
        self.name, self.task_name, self.num_rows = name, task_model.name, num_rows
        self.tokenizer, self.generation_config = task_model.tokenizer, task_model.task.generation.config
        self.dialogue, self._continues = task_model.task.generation.dialogue, task_model.task.generation.continues
        longest = task_model.recipe.max_length + self.generation_config.max_tokens
        self.context = min(trained_positions(task_model.config) or MAX_CONTEXT, longest)
        self.end_id = self.tokenizer.vocabulary.sep_id
        self._batch_generator = task_model.generation.batch_generator(self.context)
        self._task_model = task_model

    @classmethod
    def from_run(cls, folder: str | Path, num_rows: int = 8, name: str | None = None, quiet: bool = True) -> "TextGenerator":
        """Opens the best checkpoint of a run. Raises InputError for a run whose task does not generate text."""
        run = RunFolder.open(folder)
        with Display(quiet) as display:
            task_model, _ = open_run(run, None, display)
        if task_model.task.generation is None:
            raise InputError(f"{folder} is a run of {task_model.name}, which does not generate text. Use a run of one that does.")
        if task_model.task.generation.needs_index:
            raise InputError(f"{folder} is a run of {task_model.name}, which answers from an index. Use `run.py kg ask`.")
        return cls(task_model, name or f"{task_model.name}/{run.path.name}", num_rows)

    @classmethod
    def from_checkpoint(
        cls, source: str | Path, dialogue: bool | None = None, num_rows: int = 8, quiet: bool = True
    ) -> "TextGenerator":
        """Opens a published checkpoint that was trained to continue texts, such as a GPT2: the texts go on where a prompt stops.

        Args:
            source: Its folder.
            dialogue: Whether a prompt is a dialogue to reply to; None: if the vocabulary has CDial-GPT's speakers.
            num_rows: Texts that `scheduler` generates at once.
            quiet: Show no notes.

        Raises:
            InputError: The model was not trained to continue texts.
        """
        with Display(quiet) as display:
            name = Path(source).resolve().name if Path(source).exists() else str(source)
            return cls(open_published(source, display, dialogue), name, num_rows)

    @functools.cached_property
    def scheduler(self) -> Scheduler:
        """Generates texts of many requests; whoever uses it steps it."""
        return Scheduler(self._batch_generator.decoder(self.num_rows, 1, self.context, self.context))

    def inputs(self, path: str) -> list[tuple]:
        """[(id, texts)] of a file in the format of the run's task, or, but for dialogues, of a .txt with one text per line.

        All utterances of a dialogue are history: what follows the last one is generated.
        """
        if not self.dialogue and text_name(path).endswith(".txt"):
            return [(number, (line,)) for number, line in text_lines.read(path) if line.strip()]
        texts = utterances_of if self.dialogue else lambda example: example.texts
        return [(example.id, texts(example)) for example in self._task_model.read_split("test", path).examples]

    def prompt(self, texts: Sequence[str], max_tokens: int | None = None) -> tuple[Prompt, int]:
        """The prompt of texts.

        Args:
            texts: Utterances, or one source text.
            max_tokens: Tokens to leave room for; None: as `generation_config` says.

        Returns:
            The prompt, and how many of the oldest utterances did not fit.

        Raises:
            InputError: A text has no tokens, the task takes another number of texts, or too many tokens are to be generated.
        """
        max_tokens = self.generation_config.max_tokens if max_tokens is None else max_tokens
        room = self.context - max_tokens
        if room < 3:
            most = self.context - 3
            raise InputError(f"max_tokens: {max_tokens} of {self.context} tokens leave no room for a prompt. Give at most {most}.")
        if self.dialogue:
            return history_prompt(texts, self.tokenizer, room)
        if len(texts) != 1:
            raise InputError(f"{self.task_name} takes one text, but got {len(texts)}. Put the text between quotes.")
        return (continuation_prompt if self._continues else source_prompt)(texts[0], self.tokenizer, room), 0

    def text(self, token_ids: Sequence[int]) -> str:
        """Decodes token ids."""
        return self.tokenizer.decode(token_ids)

    def generate(
        self, inputs: Sequence[Sequence[str]], config: GenerationConfig | None = None, constraints: tuple = ()
    ) -> list[list[GeneratedText]]:
        """Generates texts.

        Args:
            inputs: The texts of each prompt, see `prompt`.
            config: Settings; None: the run's own.
            constraints: See decoding/constraints.py.

        Returns:
            The texts generated for each prompt, best first.
        """
        config = config or self.generation_config
        prompts = [self.prompt(texts, config.max_tokens)[0] for texts in inputs]
        generated = self._batch_generator.generate(prompts, config, constraints)
        return [[GeneratedText(self.text(one.token_ids), one.score, one.finished) for one in group] for group in generated]

    def retrieve(self, inputs: Sequence[Sequence[str]], index: PrefixIndex, config: GenerationConfig | None = None) -> list[list]:
        """Generates keys of an index only.

        Args:
            inputs: The texts of each prompt, see `prompt`.
            index: An index of plain keys.
            config: Settings; None: the run's own.

        Returns:
            [(Entry, score)] for each prompt, best first.

        Raises:
            InputError: The keys of the index have several parts, or it was built with another vocabulary.
        """
        if index.parts != 1:
            raise InputError(f"{index.folder} is an index of knowledge. Use `run.py kg ask`, or build one of lines, tsv or jsonl.")
        if index.header["vocabulary"]["fingerprint"] != self.tokenizer.fingerprint():
            raise InputError(f"{index.folder} was built with another vocabulary than this run's. Rebuild it: `run.py kg build`.")
        config = config or self.generation_config
        prompts = [self.prompt(texts, config.max_tokens)[0] for texts in inputs]
        generated = self._batch_generator.generate(prompts, config, (InIndex(index),))
        return [[(entry, one.score) for one in group for entry in index.lookup(one.token_ids)] for group in generated]

    def stream(self, texts: Sequence[str], config: GenerationConfig | None = None) -> Iterator[str]:
        """Yields one text piece by piece, as it is sampled. Whoever stops iterating stops the generation."""
        config = config or self.generation_config
        if config.beam or config.num > 1:
            raise InputError("Only one sampled text can be streamed. Set beam to 0 and num to 1, or do not stream.")
        prompt, _ = self.prompt(texts, config.max_tokens)
        stream, pieces, ended, ((seed,),) = TextStream(self.tokenizer), [], [], seeds(config, 1)

        def receive(event):
            (ended if isinstance(event, Finished) else pieces).append(event)

        request = Request(prompt, config.sampling(), config.max_tokens, config.min_tokens, seed, config.constraints(), receive)
        ticket = self.scheduler.submit(request)
        try:
            while not ended:
                self.scheduler.step()
                while pieces:
                    if piece := stream.add(pieces.pop(0).id):
                        yield piece
            if piece := stream.finish():
                yield piece
        finally:
            if not ended:                                               # left early, by Ctrl-C for one
                self.scheduler.cancel(ticket)
                self.scheduler.step()
