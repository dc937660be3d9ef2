"""The checkpoint that a student starts from: its own configuration, the teacher's tokenizer and, where they fit, its weights."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family, family_name
from baselines.storage.atomic_files import atomic_folder
from baselines.storage.json_files import read_json_object, write_json_object
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.weights.save import save_hugging_face

INHERITED = (
    "model_type", "vocab_size", "type_vocab_size", "max_position_embeddings", "hidden_act", "hidden_dropout_prob",
    "attention_probs_dropout_prob", "initializer_range", "layer_norm_eps", "pad_token_id", "embedding_size",
)  # fmt: skip
"""Fields of the teacher's config.json that a student has too, unless its own names them."""
SIZES = ("num_hidden_layers", "hidden_size", "intermediate_size")


def student_config(path: str | Path, teacher: RunFolder) -> Config:
    """The Config of a student, from a JSON file that may leave out what the teacher's says.

    Raises InputError for a file that is no configuration, or one with another size of vocabulary than the teacher's.
    """
    given, theirs = read_json_object(Path(path)), read_json_object(teacher.require_best() / "config.json")
    whole = Config.from_dict(theirs, str(teacher.best))
    same_family = family_name(str(given.get("model_type", whole.model_type))) == whole.model_type
    inherited = {name: theirs[name] for name in INHERITED if name in theirs} if same_family else {}
    inherited |= {"vocab_size": whole.vocab_size, "pad_token_id": whole.pad_token_id}
    if whole.embedding_size == whole.hidden_size:
        inherited.pop("embedding_size", None)
    config = Config.from_dict(inherited | given, str(path))
    if config.vocab_size != whole.vocab_size:
        raise InputError(
            f"{path}: vocab_size is {config.vocab_size}, but the teacher's vocabulary has {whole.vocab_size} tokens. Leave it out."
        )
    return config


def write_student(folder: Path, config: Config, teacher: RunFolder, start: str | None, encoder_options: Mapping) -> str:
    """Writes a checkpoint folder for a student.

    Args:
        folder: New folder.
        config: See `student_config`.
        teacher: Its run.
        start: teacher: the teacher's weights, of evenly spaced blocks and cut to the student's width; random: new weights. None:
            the teacher's where both have one width, because cut weights learn more slowly than new ones.
        encoder_options: Of the task's head.

    Returns:
        A sentence on where the weights come from.

    Raises:
        InputError: The teacher's weights are asked for, but the student is of another family or larger.
    """
    whole = Config.from_dict(read_json_object(teacher.best / "config.json"), str(teacher.best))
    larger = [name for name in SIZES if getattr(config, name) > getattr(whole, name)]
    fits = config.model_type == whole.model_type and not larger
    if start == "teacher" and not fits:
        problem = f"its {larger[0]} is larger" if larger else f"it is a {config.model_type}, not a {whole.model_type}"
        raise InputError(f"--start teacher: the teacher's weights do not fit the student, because {problem}. Leave the flag out.")
    if start == "random" or not fits or start is None and config.hidden_size != whole.hidden_size:
        model, said = build_transformer_model(config, **encoder_options), "random weights"
    else:
        model, said = cut_from_teacher(config, whole, teacher, encoder_options)
    with atomic_folder(folder) as temporary:
        write_json_object(temporary / "config.json", config.to_hugging_face())
        Tokenizer.from_folder(teacher.best).save(temporary)
        files = [file.name for file in temporary.iterdir()]
        save_hugging_face(model, temporary, family(config.model_type).weight_names(config), files=files)
    return said


def cut_from_teacher(config: Config, whole: Config, teacher: RunFolder, encoder_options: Mapping) -> tuple:
    """(a model with weights of the teacher, a few words on which): evenly spaced blocks, cut to the student's width."""
    count, blocks = config.num_hidden_layers, whole.num_hidden_layers
    kept = [round((number + 1) * blocks / count) - 1 for number in range(count)]
    resized = (config.hidden_size, config.intermediate_size) != (whole.hidden_size, whole.intermediate_size)
    model = build_transformer_model(
        dataclasses.replace(config, num_hidden_layers=blocks), teacher.best, keep_hidden_layers=kept, autoresize=resized,
        ignore_mismatched=True, **encoder_options,
    )  # fmt: skip
    cut = f", cut to {config.hidden_size} columns" if resized else ""
    return model, f"the teacher's blocks {', '.join(str(number + 1) for number in kept)}{cut}"
