"""The modules of bert4keras 0.11, over this library: `import baselines.compat.bert4keras as bert4keras`.

Its modules are backend, layers, models, optimizers, snippets and tokenizers. docs/migration.md has the state of every name.
"""

import importlib
from types import ModuleType

__version__ = "0.11.5"
"""The version whose names and behavior these modules have."""


def __getattr__(name: str) -> ModuleType:
    if name in ("backend", "layers", "models", "optimizers", "snippets", "tokenizers"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'bert4keras' has no attribute {name!r}")
