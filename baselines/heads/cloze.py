"""Classes as words in [MASK]s, scored by the MLM head: pattern-exploiting training. Schick and Schütze, 2020, arXiv:2009.07118.

With `prompts`, trained vectors stand beside the masks: P-tuning. Liu et al., 2021, arXiv:2103.10385.
"""

import typing
from collections.abc import Sequence
from typing import Any

from baselines.heads.choice import ChoiceHead
from baselines.heads.classification import ClassificationHead
from baselines.heads.masked_language_model import token_logits
from baselines.heads.reading_direction import require_both_sides

if typing.TYPE_CHECKING:
    import keras

TOKEN_TABLE, PROMPT_TABLE = "Embedding-Token", "Prompt-Embedding"
CANDIDATES = "candidate_ids"
"""Feature with the token ids of the candidates of a row."""
NEED = "Masks can be filled by a model whose tokens see the whole text"


class ClozeHead(ClassificationHead):
    """Adds no layer with weights but the prompts: the MLM head of the checkpoint scores the words of the classes.

    word_ids      token ids of each class's word, all of one length M; a row holds M masks
    mask_id       id of the mask
    prompts       number of trained vectors, which stand in place of tokens `prompt_id`
    prompt_id     id of a token that no text has, such as [CLS]
    only_prompts  whether all other weights stay as they are
    """

    encoder_options: typing.ClassVar[dict] = {"with_mlm": "linear"}
    linear_layer = None

    def __init__(
        self, word_ids: Sequence[Sequence[int]], mask_id: int, prompts: int = 0, prompt_id: int = 0, only_prompts: bool = False
    ):
        super().__init__(len(word_ids))
        self.word_ids, self.mask_id = word_ids, mask_id
        self.prompts, self.prompt_id, self.only_prompts = prompts, prompt_id, only_prompts

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"logits": float32 (B, C)}. Raises InputError for a decoder."""
        import keras  # here: tasks import heads, and `--help` must be quick

        from baselines.layers.cloze import WordScores

        require_both_sides(encoder, NEED)
        if self.prompts:
            encoder = self._with_prompts(encoder)
        logits = WordScores(self.word_ids, name="Word-Scores")(mask_logits(encoder, self.mask_id, len(self.word_ids[0])))
        return keras.Model(encoder.input, {"logits": logits}, name="cloze")

    def _with_prompts(self, encoder: Any) -> Any:
        """The same layers, with trained vectors put in behind the table of tokens."""
        import keras

        from baselines.layers.cloze import PromptEmbedding
        from baselines.runtime import functional_graph

        if self.only_prompts:
            encoder.trainable = False
        prompts, token_ids = PromptEmbedding(self.prompt_id, self.prompts, name=PROMPT_TABLE), encoder.input["token_ids"]

        def call(operation, args, kwargs):
            y = operation(*args, **kwargs)
            return prompts(y, token_ids) if operation.name == TOKEN_TABLE and "reverse" not in kwargs else y

        values = {id(tensor): tensor for tensor in encoder.input.values()}
        functional_graph.run(functional_graph.nodes(encoder), values, call)
        outputs = {name: values[id(tensor)] for name, tensor in encoder.output.items()}
        return keras.Model(encoder.input, outputs, name=encoder.name)


class ClozeChoiceHead(ChoiceHead):
    """As ClozeHead, where each row has candidates of its own, such as the idioms for a blank.

    mask_id  id of the mask
    masks    M, the tokens of a candidate and masks of a row
    """

    encoder_options: typing.ClassVar[dict] = {"with_mlm": "linear"}
    linear_layer = None

    def __init__(self, mask_id: int, masks: int):
        super().__init__()
        self.mask_id, self.masks = mask_id, masks

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs and "candidate_ids" int32 (B, N, L), padded from M, to {"logits" (B, N)}."""
        import keras

        from baselines.layers.cloze import CandidateScores

        require_both_sides(encoder, NEED)
        candidates = keras.Input((None, None), dtype="int32", name=CANDIDATES)
        logits = mask_logits(encoder, self.mask_id, self.masks)
        scores = CandidateScores(self.masks, name="Candidate-Scores")(logits, candidates)
        return keras.Model({**encoder.input, CANDIDATES: candidates}, {"logits": scores}, name="cloze_choice")


def mask_logits(encoder: "keras.Model", mask_id: int, masks: int) -> Any:
    """Logits of the vocabulary (B, M, V) at the first M masks of each row."""
    from baselines.layers.cloze import TokenPlaces
    from baselines.layers.masked_pooling import TakePositions

    places = TokenPlaces(mask_id, masks, name="Mask-Places")(encoder.input["token_ids"])
    return token_logits(encoder, TakePositions(name="MLM-Positions")([encoder.output["hidden_states"], places]))
