"""Hugging Face's BertForSequenceClassification on torch, with torch's own AdamW. Options: sdpa or eager (attention), bf16."""

import torch
import transformers
from worker import serve


def build(sizes: dict, options: list) -> tuple:
    torch.manual_seed(0)
    config = transformers.BertConfig(**sizes["config"], num_labels=sizes["classes"], attn_implementation=options[0])
    model = transformers.BertForSequenceClassification(config).train()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    decayed, others = [], []
    for name, weight in model.named_parameters():
        (others if "bias" in name or "LayerNorm" in name else decayed).append(weight)
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=2e-5, fused=True)

    def step(batch):
        token_ids, segment_ids, targets = (torch.from_numpy(array).long().to(device) for array in batch)
        mask = token_ids.ne(0).long()
        with torch.autocast(device.type, torch.bfloat16, enabled="bf16" in options):
            loss = model(input_ids=token_ids, token_type_ids=segment_ids, attention_mask=mask, labels=targets).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    pooler = sum(weight.numel() for weight in model.bert.pooler.parameters())
    parameters = sum(weight.numel() for weight in model.parameters()) - pooler
    return step, parameters, {"transformers": transformers.__version__, "torch": torch.__version__}


if __name__ == "__main__":
    serve(build)
