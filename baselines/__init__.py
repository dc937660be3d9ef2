"""Chinese NLP baselines on Keras 3: one model builder, one training engine, one short file per task.

The names below are the public API. Each is imported when it is first used, so that `import baselines` takes no time.
"""

import importlib
import os
import sys

from baselines.plugins.moved_modules import MovedModules
from baselines.plugins.task_finder import TaskFinder

__version__ = "0.1.0"

_PUBLIC = {
    "build_transformer_model": "models.builder", "Tokenizer": "tokenizers.tokenizer",
    "load_task": "plugins.task_catalog", "embedded": "plugins.locations", "InputError": "errors",
    "Example": "task", "Labels": "task", "Span": "task", "Submission": "task", "Recipe": "task", "Task": "task",
    "Head": "task", "Sampling": "task", "Generation": "task", "Linting": "task", "Demo": "task",
    "Predictor": "inference.predictor", "TextGenerator": "inference.text_generator",
    "BatchGenerator": "generation.batch_generator", "GenerationConfig": "decoding.generation_config",
    "TextEmbedder": "inference.text_embedder", "SemanticSearch": "inference.semantic_search", "FillMask": "inference.fill_mask",
    "SyntaxParser": "inference.syntax_parser",
    "KnowledgeAnswerer": "inference.knowledge_answerer", "Paraphraser": "inference.paraphraser", "Reranker": "inference.reranker",
}  # fmt: skip
"""Public name -> the module that defines it."""
__all__ = sorted([*_PUBLIC, "__version__"])

os.environ.setdefault("KERAS_BACKEND", "tensorflow")                    # ahead of what ~/.keras/keras.json says
sys.meta_path.insert(0, TaskFinder())
sys.meta_path.append(MovedModules())


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'baselines' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"baselines.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
