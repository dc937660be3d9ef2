"""Make vectors of the texts of a file with a run or a checkpoint; what is interrupted goes on.

run.py encode --run DIR --input texts.txt --output vectors.npy [--whitening 256] [--fp16]
"""

import dataclasses
import functools
from pathlib import Path

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.ray_cluster import check_engine


@dataclasses.dataclass(frozen=True)
class ModelFlags:
    """Which model makes vectors."""

    run: str | None = None
    """Run folder; any, but those of simbert are trained for it."""
    init: str | None = None
    """Checkpoint folder in its place, such as one of SimBERT."""
    pooling: str | None = None
    """first: the vector of [CLS]; mean: of all tokens, without padding; pooler: [CLS] through SimBERT's linear layer. Default: as
    the run was trained, else mean."""
    precision: str | None = None
    """float32, bf16 or fp16. Default: that of the run, else float32."""
    max_length: int | None = None
    """With --init: tokens of a text, at most; what is beyond is not read. Default: 128; a run has its own."""

    def check(self, verb):
        """Raises InputError for flags that are unfit, before anything is loaded."""
        if bool(self.run) == bool(self.init):
            received = "both" if self.run else "neither"
            raise InputError(f"run.py {verb}: expected either --run DIR or --init CHECKPOINT. Received: {received}.")
        if self.precision not in (None, "float32", "bf16", "fp16"):
            raise InputError(f"--precision: expected one of float32, bf16, fp16. Received: {self.precision!r}.")
        if self.run:
            RunFolder.open(self.run).require_best()
            if self.max_length is not None:
                raise InputError("--max_length: expected it with --init. Received: --run, whose length is that of its training.")
        else:
            existing(self.init, "--init")

    def embedder(self, quiet=True):
        """The Embedder of these flags."""
        start_backend()
        from baselines.inference.semantic_search import open_embedder

        return open_embedder(self.run or self.init, self.pooling, self.precision, self.max_length, quiet)


@dataclasses.dataclass(frozen=True)
class TextFlags:
    """Where the texts stand."""

    input: str | None = None
    """File of texts: .txt with one on each line, .csv, .tsv, .json or .jsonl; .gz of each."""
    text: str = "text"
    """Column or field of the text."""
    id: str | None = None
    """Column or field of the id. Default: `id` where the file has it."""
    skip_empty: bool = False
    """Leave rows without a text out; else the first one is an error."""

    def source(self):
        return Source(str(existing(self.input, "--input")), self.text, self.id, self.skip_empty)


@dataclasses.dataclass(frozen=True)
class Flags(ModelFlags, TextFlags):
    """Make vectors of the texts of a file."""

    output: str | None = None
    """File to write, .npy: a row for each text. Beside it .json tells of the model, and .ids of ids."""
    fp16: bool = False
    """Store half-precision numbers."""
    normalize: bool = True
    """Vectors of length 1."""
    whitening: int = 0
    """Numbers of a whitened vector (arXiv:2103.15316), learnt from the texts; 0 leaves vectors alone."""
    engine: str = "local"
    """local, or ray: on the machines of a Ray cluster, which all see the model under the same path."""
    quiet: bool = False
    """Show no progress."""


def main(argv):
    flags = parse(Flags, argv, "run.py encode")
    if not flags.input or not flags.output:
        raise InputError("run.py encode: expected --input FILE and --output FILE. Received: not both.")
    if not flags.output.endswith(".npy"):
        raise InputError(f"--output: expected a file that ends in .npy. Received: {flags.output}.")
    check_engine(flags.engine)
    flags.check("encode")
    source = flags.source()
    embedder = flags.embedder(flags.quiet)

    from baselines.runtime.progress import Display
    from baselines.storage.folder_lock import only_builder
    from baselines.workflows.text_encoding import Options, encode_file

    options = Options(flags.normalize, flags.fp16, flags.whitening)
    with Display(flags.quiet) as display, only_builder(Path(flags.output)):
        worked = functools.partial(on_cluster, flags) if flags.engine == "ray" else None
        survey = encode_file(embedder, source, flags.output, options, display, worked)
        size = flags.whitening or embedder.dimensions
        display.result(f"{flags.output}: {survey.count:,} vectors of {size} numbers by {embedder.name} ({embedder.pooling})")


def on_cluster(flags, work, chunks):
    """Yields what `work` makes of each chunk with the model of `flags`, on a Ray cluster."""
    from baselines.runtime.ray_cluster import worked

    paths = {name: str(Path(path).resolve()) for name in ("run", "init") if (path := getattr(flags, name))}
    return worked(functools.partial(with_model, dataclasses.replace(flags, **paths), work), chunks, on_gpus=True)


def with_model(flags, work):
    return functools.partial(work, flags.embedder())
