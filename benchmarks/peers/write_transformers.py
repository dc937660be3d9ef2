"""Hugging Face's GPT2LMHeadModel on torch and its `generate` with its cache: as many layers of the same size, other weights.

Option: a number of threads, if not torch's own.
"""

import torch
import transformers
from writing_worker import serve


def build(sizes: dict, options: list) -> tuple:
    torch.manual_seed(0)
    if options:
        torch.set_num_threads(int(options[0]))
    config = sizes["config"]
    config = transformers.GPT2Config(
        vocab_size=config["vocab_size"],
        n_positions=config["max_position_embeddings"],
        n_embd=config["hidden_size"],
        n_layer=config["num_hidden_layers"],
        n_head=config["num_attention_heads"],
        n_inner=config["intermediate_size"],
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    searches = {
        "beam": {"num_beams": sizes["beam"], "do_sample": False},
        "top-k": {"top_k": sizes["top_k"], "do_sample": True, "num_return_sequences": sizes["num"]},
    }

    def write(search, prompts):
        token_ids = torch.from_numpy(prompts).long()
        mask, count = torch.ones_like(token_ids), sizes["tokens"]
        written = model.generate(
            token_ids, attention_mask=mask, max_new_tokens=count, suppress_tokens=[sizes["end_id"]], **searches[search]
        )
        return written[:, token_ids.shape[1] :].tolist()

    parameters = sum(weight.numel() for weight in model.parameters())
    return write, dict, parameters, {"transformers": transformers.__version__, "torch": torch.__version__}


if __name__ == "__main__":
    serve(build)
