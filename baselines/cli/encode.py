"""Embed the texts of a file with a run or a checkpoint. Interrupted work resumes where it left off.

run.py encode --run DIR --input texts.txt --output vectors.npy [--whitening 256] [--fp16]
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from baselines.cli.argument_parser import existing, existing_checkpoint, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError, excerpt, nearest
from baselines.experiment.export_folder import ExportFolder
from baselines.experiment.run_folder import RunFolder
from baselines.inference.poolings import check_pooling
from baselines.runtime.ray_cluster import check_engine
from baselines.storage.checkpoint_paths import absolute
from baselines.storage.temporary_names import file_destination

if TYPE_CHECKING:
    from baselines.inference.embedder import Embedder

PRECISIONS = ("float32", "bf16", "fp16")


@dataclasses.dataclass(frozen=True)
class ModelFlags:
    """The model that embeds."""

    run: str | None = None
    """Run folder; any run works, some are trained to embed. Or an export of one that was."""
    init: str | None = None
    """Checkpoint instead of a run, such as one of SimBERT: a folder, hf:ORG/NAME or modelscope:ORG/NAME."""
    pooling: str | None = None
    """first: the vector of [CLS]; mean: the mean of all tokens but padding; pooler: [CLS] through SimBERT's linear layer. Default:
    the pooling that the run was trained with, else mean."""
    precision: str | None = None
    """float32, bf16 or fp16. Default: that of the run, else float32."""
    max_length: int | None = None
    """With --init: longer texts are truncated to this number of tokens. Default: 128. A run keeps the length of its training."""

    def check(self, verb: str) -> None:
        """Raises InputError for wrong flags, before anything is loaded."""
        if bool(self.run) == bool(self.init):
            problem = "--run and --init exclude each other" if self.run else "no model is given"
            raise InputError(f"{verb}: {problem}. Give --run DIR or --init CHECKPOINT.")
        if self.precision not in (None, *PRECISIONS):
            raise InputError(f"--precision: there is no {excerpt(self.precision)!r}. {nearest(self.precision, PRECISIONS)}")
        if self.pooling is not None:
            check_pooling(self.pooling)
        if self.max_length is not None and self.max_length < 3:
            raise InputError(f"--max_length: {self.max_length} tokens leave no room for a text. Give at least 3.")
        if self.run and ExportFolder.is_export(self.run):
            ExportFolder.open(self.run).require_onnx()
            if self.precision is not None or self.max_length is not None:
                raise InputError("--precision and --max_length: an export keeps those of the run. Leave the flags out.")
        elif self.run:
            RunFolder.open(self.run).require_best()
            if self.max_length is not None:
                raise InputError("--max_length: a run keeps the length of its training. Leave the flag out, or use --init.")
        else:
            existing_checkpoint(self.init, "--init")

    def embedder(self, quiet: bool = True) -> "Embedder":
        """The Embedder of these flags."""
        if self.run and ExportFolder.is_export(self.run):
            from baselines.inference.exported_embedder import ExportedEmbedder

            return ExportedEmbedder(self.run, self.pooling, quiet)
        start_backend()
        from baselines.inference.semantic_search import open_embedder

        return open_embedder(self.run or self.init, self.pooling, self.precision, self.max_length, quiet)


@dataclasses.dataclass(frozen=True)
class TextFlags:
    """The file of texts."""

    input: str | None = None
    """File of texts: .txt with one per line, .csv, .tsv, .json or .jsonl, also gzipped (.gz)."""
    text: str = "text"
    """Column or field of the text."""
    id: str | None = None
    """Column or field of the id. Default: `id` if the file has it."""
    skip_empty: bool = False
    """Skip rows without a text. Otherwise the first one is an error."""

    def source(self) -> Source:
        """The Source that reads the texts. Raises InputError if --input does not exist."""
        return Source(str(existing(self.input, "--input")), self.text, self.id, self.skip_empty)


@dataclasses.dataclass(frozen=True)
class Flags(ModelFlags, TextFlags):
    """Embed the texts of a file."""

    output: str | None = None
    """File to write (.npy), one row per text. OUTPUT.json beside it describes the model, OUTPUT.ids holds ids."""
    fp16: bool = False
    """Store vectors in half precision."""
    normalize: bool = True
    """Scale vectors to length 1."""
    whitening: int = 0
    """Whiten vectors (arXiv:2103.15316) to this number of dimensions, learned from the texts; 0: no whitening."""
    engine: str = "local"
    """local, or ray: on the machines of a Ray cluster, where all see the model under the same path."""
    quiet: bool = False
    """Show no progress."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py encode")
    if not flags.input or not flags.output:
        raise InputError("encode: both --input and --output are required.")
    if not flags.output.endswith(".npy"):
        raise InputError(f"--output: the name {excerpt(flags.output)} does not end in .npy. Rename it.")
    if flags.whitening < 0:
        raise InputError(f"--whitening: a vector cannot have {flags.whitening} dimensions. Give at least 1, or 0 for no whitening.")
    check_engine(flags.engine)
    flags.check("encode")
    source = flags.source()
    file_destination(flags.output)
    embedder = flags.embedder(flags.quiet)

    from baselines.runtime.progress import Display
    from baselines.storage.folder_lock import only_builder
    from baselines.workflows.text_encoding import EncodingOptions, encode_file

    options = EncodingOptions(flags.normalize, flags.fp16, flags.whitening)
    with Display(flags.quiet) as display, only_builder(flags.output):
        run_chunks = functools.partial(on_cluster, flags) if flags.engine == "ray" else None
        survey = encode_file(embedder, source, flags.output, options, display, run_chunks)
        size = flags.whitening or embedder.dimensions
        display.result(f"{flags.output}: {survey.count:,} vectors of {size} numbers by {embedder.name} ({embedder.pooling})")


def on_cluster(flags: ModelFlags, encode: Callable, chunks: Iterable) -> Iterator:
    """Embeds chunks of texts on a Ray cluster, with the model of `flags`.

    Args:
        flags: Flags that name the model.
        encode: Called with (embedder, chunk) on a worker.
        chunks: Chunks of texts.

    Yields:
        The result of `encode` for each chunk.
    """
    from baselines.runtime.ray_cluster import map_on_cluster

    paths = {name: absolute(path) for name in ("run", "init") if (path := getattr(flags, name))}
    return map_on_cluster(functools.partial(with_model, dataclasses.replace(flags, **paths), encode), chunks, on_gpus=True)


def with_model(flags: ModelFlags, encode: Callable) -> Callable:
    return functools.partial(encode, flags.embedder())
