"""Score a run's best checkpoint: scores, worst examples, confusion matrix.

run.py evaluate TASK --run DIR [--input FILE]
"""

import dataclasses

from baselines.cli import optional_task
from baselines.cli.argument_parser import existing, parse_for_run
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.evaluation.prior_correction import take_can
from baselines.experiment.run_folder import RunFolder
from baselines.storage.json_files import write_json_object


@dataclasses.dataclass(frozen=True)
class Flags:
    """Score a run's best checkpoint; tables are written to the run's dev/, or evaluate/."""

    run: str
    """Run folder."""
    input: str | None = None
    """File with gold labels to score on, in the task's format. Default: the dev file of the run."""
    dev: str | None = None
    """The same as --input."""
    can: bool = False
    """Re-normalize low-confidence predictions with the training label prior, and report the gain. Settings: docs/can.md."""
    suite: str | None = None
    """YAML file of sets for runs that embed texts: vectors, TF-IDF and BM25 in one table. Form: docs/search.md."""
    devices: str = "one"
    """one, all, or how many devices share the rows of a batch."""
    quiet: bool = False
    """Print the scores only."""


def evaluate_suite(run: RunFolder, flags: Flags) -> str:
    """The table of a suite; all scores go to evaluate/suite.json in the run folder."""
    from baselines.data.embedding_suite import read_suite

    suite = read_suite(existing(flags.suite, "--suite"))
    start_backend()
    from baselines.inference.text_embedder import TextEmbedder
    from baselines.runtime.progress import Display
    from baselines.workflows.suite_scoring import score_suite, suite_table

    embedder = TextEmbedder.from_run(run.path, quiet=flags.quiet)
    with Display(flags.quiet) as display:
        found = score_suite(embedder.name, embedder.encode, suite, display)
    path = run.path / "evaluate" / "suite.json"
    write_json_object(path, found)
    return f"{suite_table(suite, found)}\nall scores: {path}"


def main(argv: list[str]) -> None:
    name, argv = optional_task(argv)
    argv, can = take_can(argv)
    flags, changes = parse_for_run(Flags, argv, "run.py evaluate TASK")
    if flags.input and flags.dev:
        raise InputError("evaluate: --input and --dev name the same thing. Give one of them.")
    if flags.suite and (flags.input or flags.dev):
        raise InputError("evaluate: --suite and --input exclude each other. Run one after the other.")
    run, file = RunFolder.open(flags.run), flags.input or flags.dev
    if file:
        existing(file, "--input" if flags.input else "--dev")

    if flags.suite:
        print(evaluate_suite(run, flags))
        return
    start_backend()
    from baselines.workflows import finetuning

    can = can if flags.can else None
    print(finetuning.format_scores(finetuning.evaluate(run, name, file, flags.quiet, can, flags.devices, changes)))
