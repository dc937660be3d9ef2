"""A run that scores candidates of a query together with the query: a cross-encoder. search and serve rerank with it."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.loading import open_run

KIND = "ranking"


class Reranker:
    """Scores texts by how well they answer a query.

        reranker = Reranker.from_run("runs/rerank/20261201-101500")
        reranker.scores("怎么退货", ["退款要多久", "如何申请退货"])        # [-1.32, 2.87]

    Args:
        task_model: A TaskModel with trained weights.
        name: Name of the run.

    Raises:
        InputError: The task does not rank candidates.
    """

    def __init__(self, task_model: Any, name: str):
        if task_model.task.head.output_kind != KIND:
            raise InputError(f"{name} is a run of {task_model.name}, which does not rank candidates. Give a run of `train rerank`.")
        self.name, self._task_model, self._steps = name, task_model, task_model.steps()
        self._lock = threading.Lock()

    @classmethod
    def from_run(cls, folder: str | Path, quiet: bool = True) -> "Reranker":
        """Opens the best checkpoint of a run.

        Args:
            folder: Run folder.
            quiet: Show no progress.

        Raises:
            InputError: The folder is no run, or its task does not rank candidates.
        """
        with Display(quiet) as display:
            return cls(open_run(RunFolder.open(folder), None, display)[0], str(folder))

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Scores texts.

        Args:
            query: The query.
            texts: Candidates.

        Returns:
            The logit of each candidate; a larger one answers better. Trained pointwise, its sigmoid is the expected grade over the
            highest one.
        """
        if not texts:
            return []
        split = self._task_model.split_of([Example(id=0, texts=(query, *texts), origin="the query")])
        with self._lock:                                                # a server searches in many threads
            return self._task_model.predict(self._steps, split).by_id[0]
