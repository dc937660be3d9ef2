"""A run that answers from an index, ready for people: questions in, answers with reasons out. `kg ask` and serve stand on it.

    answerer = KnowledgeAnswerer.from_run("runs/kgclue/20261120-101500", {"index": "kg.index"})
    answerer.ask(["刘晓华主要讲什么课啊？"])                          # [[Answer(name, …, object, score, why), …]]
"""

import dataclasses

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.loading import open_run
from baselines.task_models.text_generation import outputs_of


class KnowledgeAnswerer:
    """A serving.hosted.Predictor of a session whose task keeps its texts to an index."""

    kind, texts = "answers", ("question",)

    def __init__(self, session):
        if session.task.generation is None or session.task.generation.constraint_provider is None:
            raise InputError(f"{session.name}: expected a run that answers from an index, and --index INDEX. See docs/kgclue.md.")
        self.session, self.task_name = session, session.name
        self.constraints = session.generation.constraints

    @classmethod
    def from_run(cls, folder, changes=None, quiet=True):
        """Raises InputError for a run of another task, without an index, or with one of another vocabulary.

        changes   {option: value} of the task that are others than in training: index, beam, …
        """
        run = RunFolder.open(folder)
        with Display(quiet) as display:
            session, _ = open_run(run, None, display, changes=changes)
        return cls(session)

    def ask(self, questions, num=None):
        """For each question at most `num` Answers, best first; none where the model came to no key.

        Raises InputError for a question that is empty or too long.
        """
        examples = [Example(id=number, texts=(question,)) for number, question in enumerate(questions)]
        prompts = [self._prompt(example) for example in examples]
        found = self.session.generation.generate(examples, prompts)
        return [
            self.constraints.found(example, outputs_of(hypotheses), prompt.token_ids.tolist())[:num]
            for example, prompt, hypotheses in zip(examples, prompts, found, strict=True)
        ]

    def predict(self, texts):
        """{"prediction": the best answer as KgCLUE's files have it, "answers": all of them as dicts} of one question."""
        answers = self.ask(texts)[0]
        shown = [dataclasses.asdict(answer) | {"score": round(answer.score, 4)} for answer in answers]
        return {"prediction": answers[0].text if answers else "", "answers": shown}

    def _prompt(self, example):
        """The whole question: half of one would be another one."""
        room = self.session.recipe.max_length - 2
        length = len(self.session.tokenizer.ids(example.texts[0]))
        if length > room:
            raise InputError(f"expected a question of at most {room} tokens. Received: {length} tokens. Ask what you want to know.")
        return self.session.generation.prompt(example)
