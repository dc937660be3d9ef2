"""--demo of a task that answers from an index: one of the embedded knowledge, built into the run's folder when first needed."""

import dataclasses

from baselines.inputs import data_file
from baselines.prefix_index.builder import build
from baselines.prefix_index.kind import INDEX
from baselines.prefix_index.spelling import Spelling


def with_demo_index(run, name, task, arguments, tokenizer):
    """The TrainArguments with the index's path, for a run with --demo that names none; else as they are.

    tokenizer   function that gives that of the run's model
    """
    if not arguments.flags.demo or "knowledge" not in task.files or arguments.options.index is not None:
        return arguments
    folder = run.path / "index"
    if not (folder / INDEX.header).is_file():
        source, order = data_file(name, task, "knowledge", None, True), arguments.options.order
        build(source, folder, Spelling.of(tokenizer()), order=order)
    return dataclasses.replace(arguments, options=dataclasses.replace(arguments.options, index=str(folder)))
