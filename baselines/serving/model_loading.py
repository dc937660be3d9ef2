"""Loads runs and indexes to serve: opens, names and warms them up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.decoding.scheduler import Request
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.inference.knowledge_answerer import KnowledgeAnswerer
from baselines.inference.predictor import Predictor
from baselines.inference.reranker import KIND as RANKING
from baselines.inference.reranker import Reranker
from baselines.inference.semantic_search import SemanticSearch
from baselines.inference.text_embedder import TextEmbedder, trained_pooling
from baselines.inference.text_generator import TextGenerator
from baselines.plugins import task_catalog
from baselines.retrieval.vector_index.format import VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.runtime.progress import Display
from baselines.serving.model_registry import ModelRegistry
from baselines.serving.workers.embedding import BATCH_SIZE
from baselines.task_models.loading import open_run

WARM_UP_TEXT = "你好"


def load_models(
    folders: Sequence[str | Path],
    rows: int,
    max_queue: int,
    display: Display,
    indexes: Sequence[str | Path] = (),
    checkpoints: Sequence[str] = (),
) -> ModelRegistry:
    """Opens runs, indexes and published checkpoints. A run's name is TASK/FOLDER, a checkpoint's that of its folder or hub.

    Args:
        folders: Run folders.
        rows: Replies that each generator generates at once.
        max_queue: Replies that may wait for a generator.
        display: Shows progress.
        indexes: Folders of indexes that these runs answer from, and of indexes of their vectors.
        checkpoints: Folders or hub names of checkpoints that were trained to continue texts.

    Raises:
        InputError: A folder is neither a run nor an index, two have the same name, an index does not belong to any run, or a
            checkpoint does not continue texts.
    """
    registry, (knowledge, vectors) = ModelRegistry(), _sort_indexes(indexes)
    if knowledge and not any(_takes_index(RunFolder.open(folder)) for folder in folders):
        raise InputError(f"--index {knowledge}: no run of --run answers from an index. Name one that does.")
    opened = {folder: VectorIndex.open(folder) for folder in vectors}
    poolings = {index.header["model"]["source"]: index.header["model"]["pooling"] for index in opened.values()}
    folders, reranker = _take_reranker(folders, vectors)
    for folder in folders:
        _add_run(registry, folder, rows, max_queue, display, knowledge, poolings)
    for source in checkpoints:
        generator = TextGenerator.from_checkpoint(source, num_rows=rows)
        if generator.name in registry.generators:
            raise InputError(f"--init {source}: two models have the name {generator.name}. Rename one folder.")
        _add_generator(registry, generator, max_queue)
        display.note(f"{source}: ready")
    for folder, index in opened.items():
        name = Path(folder).resolve().name.removesuffix(".index")
        if name in registry.indexes:
            raise InputError(f"--index {folder}: two indexes have the name {name}. Rename one folder.")
        registry.indexes[name] = _search_of(folder, index, registry.embedders, reranker)
        display.note(f"{name}: {registry.indexes[name].size} texts to search, embedded by {registry.indexes[name].model}")
    return registry


def _add_run(registry, folder, rows, max_queue, display, knowledge, poolings):
    run = RunFolder.open(folder)
    takes_index = _takes_index(run)
    task_model, _ = open_run(run, None, display, changes={"index": knowledge} if knowledge and takes_index else None)
    name, source = f"{task_model.name}/{Path(folder).resolve().name}", str(run.path.resolve())
    if name in registry.runs:
        raise InputError(f"--run {folder}: two runs have the name {name}. Rename one folder.")
    embeds = trained_pooling(task_model) is not None
    if embeds or source in poolings:
        registry.embedders[name] = embedder = TextEmbedder.from_task_model(task_model, name, poolings.get(source), source)
        for count in (1, BATCH_SIZE):
            embedder.embed([WARM_UP_TEXT] * count)
    if takes_index:
        registry.predictors[name] = KnowledgeAnswerer(task_model)
        registry.predictors[name].predict((WARM_UP_TEXT,))
    elif task_model.task.generation is not None:
        _add_generator(registry, TextGenerator(task_model, name, rows), max_queue)
    elif not embeds:
        registry.predictors[name] = predictor = Predictor(task_model)
        predictor.predict((WARM_UP_TEXT,) * len(predictor.texts))
    display.note(f"{name}: ready")


def _sort_indexes(indexes):
    """(the index of knowledge or None, the indexes of vectors). Raises InputError for a missing folder, or two of knowledge."""
    for folder in indexes:
        if not Path(folder).is_dir():
            raise InputError(f"--index: there is no index at {folder}. Build one with `run.py index` or `run.py kg build`.")
    vectors = [folder for folder in indexes if (Path(folder) / VECTORS.header).is_file()]
    knowledge = [folder for folder in indexes if folder not in vectors]
    if len(knowledge) > 1:
        raise InputError(f"--index: runs answer from one index only, but got {', '.join(map(str, knowledge))}. Choose one.")
    return (knowledge or [None])[0], vectors


def _search_of(folder, index, embedders, reranker):
    """The SemanticSearch of an index with the TextEmbedder that made it. Raises InputError if it is not among `embedders`."""
    fitting = [each for each in embedders.values() if each.fingerprint() == index.header["model"]["fingerprint"]]
    if not fitting:
        source = index.header["model"]["source"]
        raise InputError(f"--index {folder}: the run that made its vectors, {source}, is not served. Add it with --run.")
    return SemanticSearch(index, fitting[0], reranker)


def _take_reranker(folders, vectors):
    """(the folders of other runs, the Reranker of the one that ranks candidates or None). Raises InputError for several."""
    ranking = [folder for folder in folders if _ranks(RunFolder.open(folder))]
    if not ranking:
        return folders, None
    if len(ranking) > 1:
        raise InputError(f"--run: a search is reranked by one run, but got {', '.join(map(str, ranking))}. Choose one.")
    if not vectors:
        raise InputError(f"--run {ranking[0]}: a rerank run orders what a search finds. Add an index with --index.")
    return [folder for folder in folders if folder not in ranking], Reranker.from_run(ranking[0])


def _ranks(run):
    head = _task_of(run).head
    return head is not None and head.output_kind == RANKING


def _takes_index(run: RunFolder) -> Any:
    """Whether a run's task answers from an index."""
    generation = _task_of(run).generation
    return generation is not None and generation.needs_index


def _task_of(run):
    return task_catalog.find(run.read_recipe()["task"])[1]


def _add_generator(registry, generator, max_queue):
    registry.generators[generator.name] = generator
    generator.scheduler.max_queue = max_queue
    _warm_up(generator)


def _warm_up(generator):
    """Compiles the steps of short prompts, for one row and for all rows, before the first request."""
    scheduler, (prompt, _) = generator.scheduler, generator.prompt([WARM_UP_TEXT])
    sampling = generator.generation_config.sampling()
    for count in (1, min(generator.num_rows, scheduler.max_queue)):
        for _ in range(count):
            scheduler.submit(Request(prompt, sampling, max_tokens=2, min_tokens=2))
        scheduler.drain()
