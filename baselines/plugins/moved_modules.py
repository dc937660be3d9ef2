"""Old paths of modules, for one release: importing one raises an ImportError that names the new path."""

import importlib.abc
import sys
from importlib.machinery import ModuleSpec

MOVED = {
    "adjustment": "evaluation.prior_correction", "allocator": "runtime.memory_allocator",
    "answerer": "inference.knowledge_answerer", "array_folder": "storage.array_folder",
    "augmentation": "workflows.augmentation, data.writers", "backends": "runtime.backends", "catalog": "plugins.task_catalog",
    "commands": "cli", "commands.fit_to_card": "cli.plan_memory", "commands.tricks": "cli.ablate",
    "distances": "retrieval.distances", "embedder": "inference.text_embedder",
    "embedding_session": "task_models.embedding", "environment": "runtime.environment, storage.checksums",
    "files": "storage.atomic_files", "fitting": "workflows.fit", "flags": "cli.argument_parser, experiment.arguments",
    "folder_lock": "storage.folder_lock", "generator": "inference.text_generator", "graph": "runtime.functional_graph",
    "hosting": "serving.model_loading, inference.predictor, workflows.demo_chat", "indexing": "workflows.vector_indexing",
    "inputs": "experiment.input_files", "iteration": "runtime.concurrency", "leaderboard": "workflows.submission_bundle",
    "lint": "workflows.data_linting", "masked_words": "inference.fill_mask",
    "opening": "task_models.loading, models.compatibility", "paraphraser": "inference.paraphraser",
    "pipeline": "workflows.finetuning, task_models.loading, data.writers", "prefix_index": "retrieval.prefix_index",
    "prefix_index.kind": "retrieval.prefix_index.format", "pretraining": "workflows.pretraining, task_models.pretraining",
    "progress": "runtime.progress", "ragged": "storage.ragged_array", "ray_cluster": "runtime.ray_cluster",
    "ray_data": "corpus.ray_engine", "registry": "plugins.discovery", "run_folder": "experiment.run_folder",
    "searcher": "inference.semantic_search", "session": "task_models.task_model", "settings": "plugins.settings",
    "shuffling": "corpus.shuffling", "startup": "cli.startup", "text_files": "storage.text_files",
    "vector_file": "workflows.text_encoding", "vector_index": "retrieval.vector_index",
    "vector_index.kind": "retrieval.vector_index.format", "vocabulary_trimming": "workflows.vocabulary_pruning",
    "writing": "generation.batch_generator", "writing_session": "task_models.generation",
    "corpus.records": "corpus.record_files",
    "data.corpus": "data.packed.text_corpus", "data.drawn_batches": "data.sampled_batches", "data.packing": "data.packed.packing",
    "data.readers.row": "data.readers.record", "data.readers.rows": "data.readers.any_format",
    "data.record_batches": "data.packed.packed_batches", "data.records": "data.packed.packed_dataset",
    "data.rows": "data.encoded_dataset", "data.unlabelled": "data.unlabelled_batches",
    "decoding.adjusting": "decoding.logits_processing", "decoding.candidates": "decoding.top_tokens",
    "decoding.reference": "decoding.bert4keras_beam", "decoding.scores": "decoding.decoder_protocol",
    "decoding.slots": "decoding.cache_slots", "decoding.writing": "decoding.generation_config",
    "demo_index": "tasks.kgclue", "heads.dialogue": "prompts.dialogue", "heads.drawn_texts": "tasks.simbert.pair_sampling",
    "heads.question_answer": "tasks.kgclue.encoding", "heads.source_target": "prompts.source_target",
    "models.cached": "generation.kv_cache_model", "models.cached_rows": "generation.cached_decoder",
    "serving.bodies": "serving.schemas.parsing", "serving.completions": "serving.routes.completions",
    "serving.embedding": "serving.workers.embedding", "serving.embeddings": "serving.routes.embeddings",
    "serving.engine": "serving.workers.generation", "serving.generation_bodies": "serving.schemas.generation",
    "serving.hosted": "serving.model_registry", "serving.pages": "serving.routes.pages",
    "serving.paraphrases": "serving.routes.paraphrase",
    "serving.predictions": "serving.routes.predict, serving.workers.prediction", "serving.searches": "serving.routes.search",
    "serving.vector_bodies": "serving.schemas.embedding",
    "training.card": "training.memory_planner", "training.card_memory": "training.memory_estimate",
    "decoding.distinct": "decoding.paraphrase_ranking", "layers.first_token": "layers.masked_pooling",
    "layers.kernel_initializer": "layers.variance_scaling", "layers.take_positions": "layers.masked_pooling",
    "linting.split": "linting.measured_split", "losses.compared_rows": "losses.contrastive",
    "prefix_index.spelling": "retrieval.prefix_index.string_table",
    "evaluation.trick_table": "evaluation.ablation_table", "training.backends.variable_steps": "training.backends.step_compiler",
    "training.memory": "training.objective, training.strategy_context", "training.passes": "training.strategy_context",
    "training.shift": "training.strategy_context", "training.update": "training.steps",
}  # fmt: skip
"""Old path below `baselines` -> its new path, or several if it was split. A folder stands for its modules, too."""


class MovedModules(importlib.abc.MetaPathFinder):
    """The last finder on sys.meta_path, which sees only names that no other finder knows."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Raises ImportError for a module that has moved; None for other names."""
        if not new_paths(name):
            return None
        name = _requested(name)
        raise ImportError(f"{name} has moved. Import {' or '.join(new_paths(name))} instead.", name=name)


def new_paths(name: str) -> list[str]:
    """The new paths of a module that has moved.

    Args:
        name: Its old full path, such as "baselines.commands.train".

    Returns:
        Full paths, such as ["baselines.cli.train"]; empty if it has not moved.
    """
    head, _, rest = name.partition("baselines.")
    if head or not rest:
        return []
    parts = rest.split(".")
    for size in range(len(parts), 0, -1):
        moved = MOVED.get(".".join(parts[:size]))
        if moved:
            targets = [target if target.startswith("tasks.") else f"baselines.{target}" for target in moved.split(", ")]
            return [".".join([target, *parts[size:]]) for target in targets]
    return []


def _requested(name):
    """The module that the import statement names; Python looks up its parent package `name` first."""
    frame = sys._getframe()
    while frame:
        if frame.f_globals.get("__name__") == "importlib._bootstrap":
            requested = frame.f_locals.get("name")
            name = requested if isinstance(requested, str) and requested.startswith(f"{name}.") else name
        frame = frame.f_back
    return name
