"""Export a run as a graph for other programs: ONNX, SavedModel, LiteRT or Keras, checked and timed, also in int8.

run.py export RUN --out DIR [--format onnx|savedmodel|litert|keras] [--quantize int8|int8_static]
"""

import dataclasses
import os

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.errors import InputError, excerpt, nearest
from baselines.experiment.members import ensemble_members
from baselines.experiment.run_folder import RunFolder
from baselines.exporting import formats
from baselines.storage.temporary_names import folder_destination

OPSETS = range(14, 19)
QUANTIZE = ("int8", "int8_static")


@dataclasses.dataclass(frozen=True)
class Flags:
    """Export a run's best checkpoint."""

    run: tyro.conf.Positional[str]
    """Run folder."""
    out: str | None = None
    """Folder to write. An earlier export there is replaced."""
    format: str = "onnx"
    """onnx (onnxruntime, browsers), savedmodel (TF Serving), litert (phones) or keras (this library)."""
    quantize: str | None = None
    """int8: 8-bit weights, activations scaled as they come; int8_static: activations scaled as on dev. Only with --format onnx."""
    tolerance: float = 0.5
    """Points (of 100) of the dev score that --quantize may lose; beyond them nothing is written."""
    opset: int = 17
    """Version of ONNX' operators, 14 to 18."""
    dev: str | None = None
    """File to compare answers and scores on. Default: the dev file of the run."""
    examples: int = 1000
    """Examples of it that are compared, at most."""
    speed: bool = True
    """Time the graph for the card."""
    quiet: bool = False
    """Print the results of the checks only."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py export")
    check(flags)
    run = RunFolder.open(flags.run)
    if ensemble_members(run):
        raise InputError(f"{run} is an ensemble of several models. Export its runs one by one, or average them first.")
    run.require_best()
    if flags.dev is not None:
        existing(flags.dev, "--dev")

    os.environ["KERAS_BACKEND"] = "tensorflow"                          # its graphs have dimensions of any size
    start_backend()
    from baselines.workflows.exporting import ExportOptions, export

    fields = [field.name for field in dataclasses.fields(ExportOptions)]
    export(run, flags.out, ExportOptions(**{name: getattr(flags, name) for name in fields}), flags.quiet)


def check(flags: Flags) -> None:
    """Raises InputError for wrong flags, before anything is loaded."""
    if flags.out is None:
        raise InputError("export: --out is missing. Name the folder to write, such as --out exported.")
    folder_destination(flags.out)
    formats.load(flags.format)
    if flags.opset not in OPSETS:
        raise InputError(f"--opset: {flags.opset} cannot be written. Give {OPSETS[0]} to {OPSETS[-1]}.")
    if flags.quantize is not None:
        if flags.quantize not in QUANTIZE:
            raise InputError(f"--quantize: there is no {excerpt(flags.quantize)!r}. {nearest(flags.quantize, QUANTIZE)}")
        if flags.format != "onnx":
            raise InputError(f"--quantize works on ONNX graphs, not on {flags.format}. Leave it out, or use --format onnx.")
    if not flags.tolerance >= 0:
        raise InputError(f"--tolerance: {flags.tolerance} is out of range. Give points of the score, at least 0.")
    if flags.examples < 1:
        raise InputError(f"--examples: {flags.examples} is out of range. Give at least 1.")
