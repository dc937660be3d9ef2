"""The configuration of a model: the fields of bert_config.json, and those that bert4keras adds."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from baselines.errors import InputError, excerpt
from baselines.models import families, options
from baselines.models.families import family
from baselines.models.family_options import read_options
from baselines.models.sizes import Sizes
from baselines.storage.checkpoint_paths import folder_of, local_path
from baselines.storage.hubs.needed_files import OTHER_CONFIGURATIONS
from baselines.storage.json_files import read_json_object

FILES = ("config.json", "bert_config.json")
REQUIRED = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
OTHER_NAMES = {
    "max_position": "max_position_embeddings",
    "segment_vocab_size": "type_vocab_size",
    "dropout_rate": "hidden_dropout_prob",
    "attention_dropout_rate": "attention_probs_dropout_prob",
}
"""bert4keras' names. Where a config has both, these win, as they do there."""
EXPECTED = {"position_embedding_type": "absolute", "rotary_value": False, "use_relative_position": True}
"""Fields that change what is computed, with the only value that is implemented."""
HUGGING_FACE_ACTIVATIONS = {"gelu_tanh": "gelu_new", "gelu_erf": "gelu"}
MAX_SIZE, MAX_LAYERS, MAX_NUMBERS = 2**31 - 1, 1000, 10**10
"""Larger sizes, numbers of layers and of weights are mistakes: no machine could build the model."""
HIERARCHICAL = 0.4
"""bert4keras' share for `hierarchical_position: true`."""


@dataclasses.dataclass(frozen=True)
class Config:
    """A checked configuration. Create one with `Config.from_dict` or `Config.from_folder`.

    hidden_act               "gelu" is the exact form, "gelu_tanh" or "gelu_new" the approximate one
    layer_norm_eps           None: as bert4keras, 1e-12 for BERT and MLM heads, 1e-7 in the blocks of NEZHA and RoFormer
    embedding_size           width of the embedding tables; another than hidden_size adds a projection
    attention_head_size      of values; hidden_size / num_attention_heads unless given
    attention_key_size       of queries and keys; attention_head_size unless given
    max_relative_position    NEZHA: distances are clipped to it
    hierarchical_position    None, or the share of the coarse position (see layers/position_embedding.py)

    family_options           fields that only this family has, {name: value}: `config.option(name)`, see family_options.py

    Those before it are the options of options.py: layers/attention.py, attention_scale.py, talking_heads.py,
    linear_attention.py, fused_attention.py, models/residual.py and initialization.py say what their values do.
    """

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    model_type: str = "bert"
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float | None = None
    pad_token_id: int = 0
    embedding_size: int | None = None
    attention_head_size: int | None = None
    attention_key_size: int | None = None
    max_relative_position: int = 64
    hierarchical_position: float | None = None
    residual_attention_scores: bool = False
    attention_kind: str = options.USUAL["attention_kind"]
    attention_scale: float | str = options.USUAL["attention_scale"]
    attention_normalization: str = options.USUAL["attention_normalization"]
    talking_heads: str = options.USUAL["talking_heads"]
    fused_attention: bool | str = options.USUAL["fused_attention"]
    norm_placement: str = options.USUAL["norm_placement"]
    residual_scale: str = options.USUAL["residual_scale"]
    initializer: str = options.USUAL["initializer"]
    family_options: dict[str, object] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Mapping[str, object], where: str = "config") -> "Config":
        """A Config of a dict as in config.json. Unknown keys are left out.

        Args:
            values: The fields, under their own, bert4keras' or the family's published names; None counts as absent.
            where: What messages begin with.

        Raises:
            InputError: A field is missing, has a wrong type or range, or asks for something that is not implemented.
        """
        given = {key: value for key, value in values.items() if value is not None}
        given = given.pop("family_options", {}) | given
        for name, ours in OTHER_NAMES.items():
            if name in given:
                given[ours] = given[name]
        if "model_type" not in given and given.get("use_relative_position"):
            given["model_type"] = "nezha"
        if "model_type" not in given and "hidden_size" not in given:
            given["model_type"] = families.likely_family(given) or "bert"
        given = with_family(given, where)
        for key, expected in EXPECTED.items():
            if given.get(key, expected) != expected:
                value = excerpt(repr(given[key]))
                raise InputError(f"{where}: {key}={value} is not implemented, only {expected!r}. Use another model.")
        missing = [key for key in REQUIRED if key not in given]
        if missing:
            raise InputError(f"{where}: {', '.join(missing)} missing. Check that this is the config of a model.")
        if given.get("hierarchical_position") is True:
            given["hierarchical_position"] = HIERARCHICAL
        known = {field.name for field in dataclasses.fields(cls)}
        model_options = families.literals(str(given.get("model_type", "bert")))["OPTIONS"]
        family_options = read_options(given, model_options, _refuse(given, where))
        given = {key: value for key, value in given.items() if key in known}
        check_config(given, where)
        head_size = given.setdefault("attention_head_size", given["hidden_size"] // given["num_attention_heads"])
        given.setdefault("attention_key_size", head_size)
        given.setdefault("embedding_size", given["hidden_size"])
        given["hierarchical_position"] = given.get("hierarchical_position") or None
        return cls(**given, family_options=family_options)

    def option(self, name: str) -> Any:
        """The value of a field that only this family has; KeyError if it has no such field."""
        return self.family_options[name]

    def sizes(self) -> Sizes:
        """How large the family's model is, without heads."""
        return family(self.model_type).sizes(self)

    @classmethod
    def from_folder(cls, folder: str | pathlib.Path) -> "Config":
        """A Config of the config.json or bert_config.json in `folder`. Raises InputError."""
        return cls.from_dict(*read(folder))

    def to_hugging_face(self) -> dict[str, object]:
        """The dict of a config.json that Hugging Face's AutoModel reads, and `from_dict` too.

        It has the fields that Hugging Face lacks only where they differ from the usual. transformers 5 loads weights in the dtype
        that this dict names, or else in the file's: weights stored as float16 would learn nothing.
        """
        module = family(self.model_type)
        values = {key: value for key, value in dataclasses.asdict(self).items() if value is not None}
        values["layer_norm_eps"] = self.layer_norm_eps or module.EPSILON
        values["hidden_act"] = HUGGING_FACE_ACTIVATIONS.get(self.hidden_act, self.hidden_act)
        usual = {
            "embedding_size": self.hidden_size,
            "attention_head_size": self.hidden_size // self.num_attention_heads,
            "attention_key_size": self.attention_head_size,
            "max_relative_position": 64,
            "residual_attention_scores": False,
            **options.USUAL,
            "fused_attention": self.fused_attention,                    # of the machine, not of the model
        }
        usual = {key: value for key, value in usual.items() if key not in families.literals(self.model_type)["DEFAULTS"]}
        own_names = {ours: name for name, ours in reversed(families.literals(self.model_type)["CONFIG_NAMES"].items())}
        options_of_family = values.pop("family_options")
        fields = {own_names.get(key, key): value for key, value in values.items() if usual.get(key) != value}
        fields |= options_of_family | module.HUGGING_FACE | {"dtype": "float32"}
        write_config = families.hook(self.model_type, "write_config")
        return write_config(fields, self) if write_config else fields


def with_family(given: dict, where: str) -> dict:
    """The dict of a config.json with the family's file as model_type, our names for its own, its defaults and computed fields."""
    if not isinstance(given.get("model_type", "bert"), str):
        return given                                                    # check_config refuses it
    model_type = given.get("model_type", "bert")
    name = families.family_name(model_type)
    names = families.literals(name)["CONFIG_NAMES"]
    given = {"published_type": model_type} | given | {"model_type": name}
    given = {names.get(key, key): value for key, value in given.items()}
    read_config = families.hook(name, "read_config") if name in families.families() else None
    given = families.defaults(model_type) | given
    given = read_config(given) if read_config else given
    return given if given["model_type"] == name else with_family(given, where)  # read_config saw that it is another family


def find(folder: str | pathlib.Path) -> pathlib.Path | None:
    """The model's configuration in a folder: config.json, bert_config.json, or the only other file that is one; None without one.

    Raises:
        InputError: There are several under other names.
    """
    folder = pathlib.Path(folder)
    for name in FILES:
        if (folder / name).is_file():
            return folder / name
    others = [path for path in sorted(folder.glob("*config*.json")) if path.name not in OTHER_CONFIGURATIONS]
    others = [path for path in others if _describes_a_model(path)]
    if len(others) > 1:
        names = ", ".join(path.name for path in others)
        raise InputError(f"{folder}: several configurations ({names}). Rename the one of these weights to config.json.")
    return others[0] if others else None


def _describes_a_model(path):
    try:
        return not {"hidden_size", "d_model", "n_embd"}.isdisjoint(read_json_object(path))
    except InputError:
        return False


def read(source: str | pathlib.Path) -> tuple[dict, str]:
    """The dict of a config file, or of the one in a checkpoint's folder, and the file's path. Raises InputError."""
    path = folder_of(local_path(source, weights=False))
    if path.is_dir():
        folder, path = path, find(path)
        if path is None:
            raise InputError(f"{folder}: no {' or '.join(FILES)} in it. Check that this is the folder of a checkpoint.")
    if not path.is_file():
        raise InputError(f"{path}: no such file. Give the folder of a checkpoint, or its config.json.")
    return read_json_object(path), str(path)


def check_config(given: Mapping[str, object], where: str) -> None:
    """Raises InputError, which begins with `where`, unless the types, ranges and sizes of `given` fit together."""
    refuse = _refuse(given, where)
    for field in dataclasses.fields(Config):
        if field.name in given and field.name not in (*options.USUAL, "family_options"):
            _check_field(field, given[field.name], refuse)
    options.check_option_values(given, refuse)
    _check_sizes(given, where, refuse)


def _refuse(given, where):
    def refuse(key, expected):
        raise InputError(f"{where}: {key} must be {expected}. Received: {excerpt(repr(given[key]))}. Correct the config.")

    return refuse


def _check_field(field: dataclasses.Field, value: object, refuse: Callable) -> None:
    if field.type in (int, int | None):
        smallest = 0 if field.name in ("type_vocab_size", "pad_token_id", "num_hidden_layers") else 1
        largest = MAX_LAYERS if field.name == "num_hidden_layers" else MAX_SIZE
        if type(value) is not int or not smallest <= value <= largest:
            refuse(field.name, f"an integer from {smallest} to {largest}")
    elif field.type in (float, float | None):
        if type(value) not in (int, float, bool) or not 0 <= value < 1:
            refuse(field.name, "a number in [0, 1)")
    elif not isinstance(value, field.type):
        refuse(field.name, f"a {field.type.__name__}")


def _check_sizes(given, where, refuse):
    heads, width = given["num_attention_heads"], given["hidden_size"]
    if given.get("hierarchical_position") == 0.5:
        refuse("hierarchical_position", "in [0, 1), but not 0.5, which gives positions (i, j) and (j, i) the same vector")
    if "attention_head_size" not in given and width % heads:
        refuse("hidden_size", f"a multiple of num_attention_heads={heads}, unless attention_head_size is given")
    if given.get("pad_token_id", 0) >= given["vocab_size"]:
        refuse("pad_token_id", f"below vocab_size={given['vocab_size']}")
    units = heads * (given.get("attention_head_size", width // heads) + given.get("attention_key_size", 0))
    rows = sum(given.get(key, 0) for key in ("vocab_size", "max_position_embeddings", "type_vocab_size"))
    numbers = given["num_hidden_layers"] * width * (2 * given["intermediate_size"] + 2 * units)
    numbers += rows * given.get("embedding_size", width)
    if numbers > MAX_NUMBERS:
        raise InputError(f"{where}: a model of these sizes has about {numbers:.0e} weights. Correct the config.")
