"""Predict a file, or one text from the command line, with a run's best checkpoint.

run.py predict TASK --run DIR --input F --output F        run.py predict TASK --run DIR "text" ["second text"]
"""

import dataclasses
import json

import tyro

from baselines.cli import optional_task
from baselines.cli.argument_parser import existing, parse_for_run
from baselines.cli.startup import start_backend
from baselines.data.writers import require_format
from baselines.errors import InputError
from baselines.evaluation.prior_correction import take_can
from baselines.experiment.export_folder import ExportFolder
from baselines.experiment.run_folder import RunFolder
from baselines.storage.temporary_names import file_destination


@dataclasses.dataclass(frozen=True)
class Flags:
    """Predict with a run's best checkpoint."""

    texts: tyro.conf.Positional[tuple[str, ...]]
    """The texts of one example, instead of --input."""
    run: str
    """Run folder, or an export of one (`run.py export`), which onnxruntime runs alone."""
    input: str | None = None
    """File to predict, in the task's format. Gold labels in it are ignored."""
    output: str | None = None
    """File to write: .jsonl, .csv or .tsv; default: lines on standard output."""
    can: bool = False
    """Re-normalize low-confidence predictions with the training label prior, and report the gain on dev. See docs/can.md."""
    devices: str = "one"
    """one, all, or how many devices share the rows of a batch."""
    quiet: bool = False
    """Print predictions only."""


def main(argv: list[str]) -> None:
    name, argv = optional_task(argv)
    argv, can = take_can(argv)
    flags, changes = parse_for_run(Flags, argv, "run.py predict TASK")
    if bool(flags.texts) == bool(flags.input):
        problem = "texts and --input exclude each other" if flags.input else "there is nothing to predict"
        raise InputError(f'predict: {problem}. Give --input FILE, or the texts of one example, such as "好吃不贵".')
    if any(not text.strip() for text in flags.texts):
        raise InputError("predict: a text is empty. Give at least one character.")
    if flags.can and flags.texts:
        raise InputError("predict: --can compares the predictions of many examples. Give --input FILE with it.")
    if flags.output is not None:
        file_destination(flags.output)
        require_format(flags.output)
    exported = ExportFolder.is_export(flags.run)
    run = ExportFolder.open(flags.run) if exported else RunFolder.open(flags.run)
    source = existing(flags.input, "--input") if flags.input else tuple(flags.texts)

    quiet = flags.quiet or not flags.input
    if exported:
        if flags.can or flags.devices != "one":
            raise InputError(f"{flags.run} is an export: --can and --devices need the run folder itself. Leave them out.")
        from baselines.workflows.prediction import predict_with_export

        lines = predict_with_export(run, source, flags.output, name, quiet, changes)
    else:
        start_backend()
        from baselines.workflows import finetuning

        lines = finetuning.predict(run, source, flags.output, name, quiet, can if flags.can else None, flags.devices, changes)
    if not flags.output:
        for line in lines:
            print(json.dumps(line, ensure_ascii=False))
