"""What a model is made of: the fields of bert_config.json, and those that bert4keras adds."""

import dataclasses
import json
import pathlib

from baselines.errors import InputError
from baselines.models import options
from baselines.models.families import family

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
HIERARCHICAL = 0.4
"""bert4keras' share for `hierarchical_position: true`."""


@dataclasses.dataclass(frozen=True)
class Config:
    """A checked configuration. `Config.from_dict` and `Config.from_folder` make them.

    hidden_act               "gelu" is the exact form, "gelu_tanh" or "gelu_new" the approximate one
    layer_norm_eps           None: as bert4keras, 1e-12 for BERT and MLM heads, 1e-7 in the blocks of NEZHA and RoFormer
    embedding_size           width of the embedding tables; another than hidden_size adds a projection
    attention_head_size      of values; hidden_size / num_attention_heads unless given
    attention_key_size       of queries and keys; attention_head_size unless given
    max_relative_position    NEZHA: distances are clipped to it
    hierarchical_position    None, or the share of the coarse position (see layers/position_embedding.py)

    The last seven are the options of options.py: layers/attention_scale.py, talking_heads.py, linear_attention.py and
    fused_attention.py, models/residual.py and initialization.py say what their values do.
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
    talking_heads: str = options.USUAL["talking_heads"]
    fused_attention: bool | str = options.USUAL["fused_attention"]
    norm_placement: str = options.USUAL["norm_placement"]
    residual_scale: str = options.USUAL["residual_scale"]
    initializer: str = options.USUAL["initializer"]

    @classmethod
    def from_dict(cls, values, where="config"):
        """A Config of a dict as in config.json. Unknown keys are left out. Raises InputError beginning with `where`."""
        given = {key: value for key, value in values.items() if value is not None}
        for name, ours in OTHER_NAMES.items():
            if name in given:
                given[ours] = given[name]
        if "model_type" not in given and given.get("use_relative_position"):
            given["model_type"] = "nezha"
        for key, expected in EXPECTED.items():
            if given.get(key, expected) != expected:
                raise InputError(
                    f"{where}: expected {key}={expected!r}, for nothing else is implemented. Received: {given[key]!r}. "
                    "Choose another checkpoint."
                )
        missing = [key for key in REQUIRED if key not in given]
        if missing:
            raise InputError(
                f"{where}: expected the keys {', '.join(REQUIRED)}. Missing: {', '.join(missing)}. "
                "Is this the model's config?"
            )
        if given.get("hierarchical_position") is True:
            given["hierarchical_position"] = HIERARCHICAL
        known = {field.name for field in dataclasses.fields(cls)}
        given = {key: value for key, value in given.items() if key in known}
        check(given, where)
        head_size = given.setdefault("attention_head_size", given["hidden_size"] // given["num_attention_heads"])
        given.setdefault("attention_key_size", head_size)
        given.setdefault("embedding_size", given["hidden_size"])
        given["hierarchical_position"] = given.get("hierarchical_position") or None
        return cls(**given)

    @classmethod
    def from_folder(cls, folder):
        """A Config of the config.json or bert_config.json in `folder`."""
        return cls.from_dict(*read(folder))

    def to_hugging_face(self):
        """The dict of a config.json that Hugging Face's AutoModel reads, and `from_dict` too.

        Fields that Hugging Face has not are written where they say something else than usual.
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
        return {key: value for key, value in values.items() if usual.get(key) != value} | module.HUGGING_FACE


def read(source):
    """The dict of a config file, or of the one in a folder, and the file's path. Raises InputError."""
    path = pathlib.Path(source)
    if path.is_dir():
        candidates = [path / name for name in FILES if (path / name).is_file()]
        if not candidates:
            raise InputError(f"{path}: expected {' or '.join(FILES)} in it. Received: none. Is this a checkpoint?")
        path = candidates[0]
    if not path.is_file():
        raise InputError(f"{path}: expected a checkpoint folder or a config file. There is none. Is the path right?")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: expected JSON. Received: {error}. Is the file complete?") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a JSON object. Received: {type(values).__name__}. Is this a config?")
    return values, str(path)


def check(given, where):
    """Raise InputError unless the types, ranges and sizes of `given` fit together."""

    def refuse(key, expected):
        raise InputError(f"{where}: expected {key} to be {expected}. Received: {given[key]!r}. Correct the config.")

    for field in dataclasses.fields(Config):
        key = field.name
        if key not in given or key in options.USUAL:
            continue
        value = given[key]
        if field.type in (int, int | None):
            smallest = 0 if key in ("type_vocab_size", "pad_token_id", "num_hidden_layers") else 1
            if type(value) is not int or value < smallest:
                refuse(key, f"an integer >= {smallest}")
        elif field.type in (float, float | None):
            if isinstance(value, str) or not 0 <= value < 1:
                refuse(key, "a number in [0, 1)")
        elif not isinstance(value, field.type):
            refuse(key, f"a {field.type.__name__}")
    options.check(given, refuse)
    if given.get("hierarchical_position") == 0.5:
        refuse("hierarchical_position", "in [0, 1), not 0.5, which gives positions (i, j) and (j, i) the same vector")
    if "attention_head_size" not in given and given["hidden_size"] % given["num_attention_heads"]:
        heads = given["num_attention_heads"]
        refuse("hidden_size", f"a multiple of num_attention_heads={heads}, or attention_head_size to be given")
    if given.get("pad_token_id", 0) >= given["vocab_size"]:
        refuse("pad_token_id", f"below vocab_size={given['vocab_size']}")
