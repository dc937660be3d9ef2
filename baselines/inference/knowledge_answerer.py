"""A run that answers from a knowledge index: questions in, answers with reasons out. `kg ask` and serve stand on it.

    answerer = KnowledgeAnswerer.from_run("runs/answers/20261120-101500", {"index": "kg.index"})
    answerer.ask(["刘晓华主要讲什么课啊？"])                          # [[KnowledgeAnswer(name, …, object, score, why), …]]
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.retrieval.prefix_index.answers import KnowledgeAnswer
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.loading import open_run
from baselines.task_models.text_generation import outputs_of


class KnowledgeAnswerer:
    """A ServedPredictor (serving/model_registry.py) of a TaskModel whose task keeps its texts to an index."""

    kind, texts = "answers", ("question",)

    def __init__(self, task_model: Any):
        if task_model.task.generation is None or task_model.task.generation.constraint_provider is None:
            raise InputError(f"{task_model.name} does not answer from an index. Give a run that does, and --index INDEX.")
        self.task_model, self.task_name = task_model, task_model.name
        self.constraints = task_model.generation.constraints

    @classmethod
    def from_run(cls, folder: str | Path, changes: dict | None = None, quiet: bool = True) -> "KnowledgeAnswerer":
        """Opens the best checkpoint of a run.

        Args:
            folder: Run folder.
            changes: {option: value} of the task that differ from training: index, beam, …
            quiet: Show no progress.

        Raises:
            InputError: The run is of another task, has no index, or the index is of another vocabulary.
        """
        run = RunFolder.open(folder)
        with Display(quiet) as display:
            task_model, _ = open_run(run, None, display, changes=changes)
        return cls(task_model)

    def ask(self, questions: Sequence[str], num: int | None = None) -> list[list[KnowledgeAnswer]]:
        """Answers questions.

        Args:
            questions: The questions.
            num: Answers to each, at most; None: all.

        Returns:
            The answers to each question, best first; none where the model came to no key.

        Raises:
            InputError: A question is empty or too long.
        """
        examples = [Example(id=number, texts=(question,)) for number, question in enumerate(questions)]
        prompts = [self._prompt(example) for example in examples]
        generated = self.task_model.generation.generate(examples, prompts)
        return [
            self.constraints.answers_of(example, outputs_of(hypotheses), prompt.token_ids.tolist())[:num]
            for example, prompt, hypotheses in zip(examples, prompts, generated, strict=True)
        ]

    def predict(self, texts: tuple[str]) -> dict:
        """{"prediction": the best answer as KgCLUE's files have it, "answers": all of them as dicts} of one question."""
        answers = self.ask(texts)[0]
        formatted = [dataclasses.asdict(answer) | {"score": round(answer.score, 4)} for answer in answers]
        return {"prediction": answers[0].text if answers else "", "answers": formatted}

    def _prompt(self, example):
        """The whole question: half of one would be another one."""
        room = self.task_model.recipe.max_length - 2
        length = len(self.task_model.tokenizer.ids(example.texts[0]))
        if length > room:
            raise InputError(f"The question has {length} tokens; this run reads at most {room}. Shorten it.")
        return self.task_model.generation.prompt(example)
