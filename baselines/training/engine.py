"""How a step is compiled, in which precision it multiplies, and how rows are padded: what `auto` means, chosen by the device.

XLA pays on GPUs and TPUs, and JAX has nothing else. On CPUs TensorFlow's own graph is quicker: it calls oneDNN for products of
matrices, and a new length of rows costs it a trace but no compilation. Measured 2026-12-01, seconds per update:

    4 x 768, 8 x 128, Xeon with AMX           graph 1.52, bf16 0.89       XLA 1.80, bf16 1.36
    4 x 312, 32 x 64, EPYC with avx512_bf16   graph 1.46, bf16 0.83       XLA 2.74, bf16 2.25

So bf16 is chosen where the device multiplies it natively, and on CPUs only for such graphs.
"""

import dataclasses

import keras

from baselines.runtime import backends
from baselines.task import Recipe
from baselines.training import backends as training_backends

MULTIPLE = 8
"""Tokens that batches are padded to a multiple of where their length costs nothing else."""


def choose_engine(recipe: Recipe) -> tuple[Recipe, str]:
    """Replace `auto` in a recipe by what suits this machine.

    Args:
        recipe: `jit` is "auto", "true" or "false", `precision` "auto" or the name of one.

    Returns:
        The recipe without `auto`, and one line that says what was chosen or what to expect of what was asked for, or "".
    """
    backend = backends.current()
    jit = {"auto": backend.jit_pays(), "true": True, "false": False}[recipe.jit]
    native = backend.bfloat16_pays(jit)
    precision = recipe.precision if recipe.precision != "auto" else "bf16" if native else "float32"
    chosen = dataclasses.replace(recipe, jit="true" if jit else "false", precision=precision)
    notes = []
    if recipe.jit == "auto":
        notes.append(f"{backend.engine_name(jit)} (--jit auto)")
    if recipe.precision == "auto":
        notes.append(f"{precision} (--precision auto)")
    elif precision == "bf16" and not native:
        notes.append("bf16 is not quicker than float32 with this device and engine")
    return chosen, ", ".join(notes)


def choose_padding(recipe: Recipe, model: keras.Model) -> Recipe:
    """Replace `auto` in a recipe's `pad_to_multiple_of` by what suits the model and the engine.

    Args:
        recipe: Recipe whose `jit` is chosen.
        model: The model to train.

    Returns:
        The recipe, whose `pad_to_multiple_of` is a number.
    """
    if recipe.pad_to_multiple_of != "auto":
        return recipe
    any_length = training_backends.current().serves_any_length(model, recipe.jit == "true")
    return dataclasses.replace(recipe, pad_to_multiple_of=str(MULTIPLE if any_length else 0))
