"""Scripts written for bert4keras 0.11 on Keras 3: modules of its names over this library, and Keras 2's ways.

    python run.py script their_script.py          a whole script, unedited
    baselines.compat.install()                    the same names in a notebook: then `from bert4keras.models import …`
    import baselines.compat.bert4keras as bert4keras

docs/migration.md lists every name with its state. keras2/ holds what such scripts expect of Keras 2, bert4keras/ its modules.
"""

import importlib
import sys
from types import ModuleType

MODULES = ("backend", "layers", "models", "optimizers", "snippets", "tokenizers")
"""bert4keras' own modules; each is a file of bert4keras/."""


def install() -> ModuleType:
    """Makes `import bert4keras` and its modules mean ours in this process, and gives Keras what Keras 2 had.

    Returns:
        The package that stands in for bert4keras.
    """
    package = importlib.import_module(f"{__name__}.bert4keras")
    sys.modules["bert4keras"] = package
    for name in MODULES:
        module = importlib.import_module(f"{package.__name__}.{name}")
        sys.modules[f"bert4keras.{name}"] = module
    return package
