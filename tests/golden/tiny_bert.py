"""Tiny classifiers and texts, for generators that compare what lmc reads from models with PyTorch."""

import torch
from transformers import BertConfig, BertForSequenceClassification

CONFIG = BertConfig(
    vocab_size=20,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=10,
    num_labels=3,
)


def begin():
    """Sets float64 and the seed, and returns the generator of texts and models."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    return torch.Generator().manual_seed(1)


def drawn_texts(generator, times=1):
    """Returns ids and segments of eight texts, that many times."""
    texts = []
    for length in [3, 10, 5, 7, 4, 6, 10, 8] * times:
        ids = torch.randint(1, CONFIG.vocab_size, (length,), generator=generator).tolist()
        texts.append((ids, [0] * (length // 2) + [1] * (length - length // 2)))
    return texts


def drawn_model(generator, noise):
    """Returns a new model with normal noise on all parameters, in numbers that float32 can hold."""
    model = BertForSequenceClassification(CONFIG).eval()
    with torch.no_grad():
        for p in model.parameters():
            p += noise * torch.randn(p.shape, generator=generator)
            p.copy_(p.float().double())
    return model
