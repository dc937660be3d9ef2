"""Runs ready to be served: from run folders to writers and predictors, named and warmed up."""

from pathlib import Path

from baselines.decoding.scheduler import Request
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.inference.knowledge_answerer import KnowledgeAnswerer
from baselines.inference.predictor import Predictor
from baselines.inference.semantic_search import SemanticSearch
from baselines.inference.text_embedder import TextEmbedder, trained_pooling
from baselines.inference.text_generator import TextGenerator
from baselines.plugins import task_catalog
from baselines.retrieval.vector_index.format import VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.serving.model_registry import ModelRegistry
from baselines.serving.workers.embedding import TOGETHER
from baselines.storage import array_folder
from baselines.task_models.loading import open_run

WARM = "你好"


def load_models(folders, rows, max_queue, display, indexes=()):
    """A serving.hosted.Hosted of run folders: of Generator, RunPredictor, KnowledgeAnswerer and Embedder; a name is task/folder.

    rows, max_queue   replies that each writer works on at once, and that may wait for it
    indexes           folders: of runs that answer from one, and of vectors that these runs made
    """
    hosted, (answers, vectors) = ModelRegistry(), sorted_out(indexes)
    if answers and not any(takes_index(RunFolder.open(folder)) for folder in folders):
        raise InputError(f"--index {answers}: expected a run that answers from an index among --run. Received: none.")
    made = dict(map(model_of, vectors))
    for folder in folders:
        run = RunFolder.open(folder)
        session, _ = open_run(run, None, display, changes={"index": answers} if answers and takes_index(run) else None)
        name, source = f"{session.name}/{Path(folder).resolve().name}", str(run.path.resolve())
        if name in hosted.runs:
            raise InputError(f"--run {folder}: expected runs of different names. Received: {name} twice. Rename one folder.")
        embeds = trained_pooling(session) is not None
        if embeds or source in made:
            hosted.embedders[name] = embedder = TextEmbedder.of_session(session, name, made.get(source), source)
            for together in (1, TOGETHER):
                embedder.embed([WARM] * together)
        if takes_index(run):
            hosted.predictors[name] = KnowledgeAnswerer(session)
            hosted.predictors[name].predict((WARM,))
        elif session.task.generation is not None:
            hosted.writers[name] = writer = TextGenerator(session, name, rows)
            writer.scheduler.max_queue = max_queue
            warm_up(writer, rows)
        elif not embeds:
            hosted.predictors[name] = predictor = Predictor(session)
            predictor.predict((WARM,) * len(predictor.texts))
        display.note(f"{name}: ready")
    for folder in vectors:
        name = Path(folder).resolve().name.removesuffix(".index")
        if name in hosted.indexes:
            raise InputError(f"--index {folder}: expected indexes of different names. Received: {name} twice. Rename one folder.")
        hosted.indexes[name] = searcher_of(folder, hosted.embedders)
        display.note(f"{name}: {hosted.indexes[name].size} texts to search, by {hosted.indexes[name].model}")
    return hosted


def sorted_out(indexes):
    """(the index of answers or None, the indexes of vectors). Raises InputError for no folder, and for several of answers."""
    for folder in indexes:
        if not Path(folder).is_dir():
            raise InputError(
                f"--index {folder}: expected the folder of an index. There is none. Make one: run.py index, or run.py kg build."
            )
    vectors = [folder for folder in indexes if (Path(folder) / VECTORS.header).is_file()]
    answers = [folder for folder in indexes if folder not in vectors]
    if len(answers) > 1:
        raise InputError(f"--index: expected one index that runs answer from. Received: {', '.join(answers)}.")
    return (answers or [None])[0], vectors


def model_of(folder):
    """(path of the run that made an index's vectors, their pooling)."""
    model = array_folder.read_header(folder, VECTORS)["model"]
    return model["source"], model["pooling"]


def searcher_of(folder, embedders):
    """The Searcher of an index and that of the Embedders, {run name: Embedder}, which made it. Raises InputError where none did."""
    index = VectorIndex.open(folder)
    fits = [each for each in embedders.values() if each.fingerprint() == index.header["model"]["fingerprint"]]
    if not fits:
        source = index.header["model"]["source"]
        raise InputError(f"--index {folder}: expected the run that made its vectors, {source}, among --run. Received: others.")
    return SemanticSearch(index, fits[0])


def takes_index(run):
    """Whether a run's task answers from an index."""
    generation = task_catalog.find(run.read_recipe()["task"])[1].generation
    return generation is not None and generation.needs_index


def warm_up(generator, rows):
    """Compiles what short prompts need, alone and all rows at once, before anyone waits for it."""
    scheduler, (prompt, _) = generator.scheduler, generator.prompt([WARM])
    sampling = generator.writing.sampling()
    for together in (1, min(rows, scheduler.max_queue)):
        for _ in range(together):
            scheduler.submit(Request(prompt, sampling, max_tokens=2, min_tokens=2))
        scheduler.drain()
