"""Linear layers by oneDNN, whose weights are packed once for each point."""

import torch


class PackedLinear(torch.nn.Module):
    """A linear layer whose weight can be packed; `weight` and `bias` keep their names."""

    def __init__(self, linear: torch.nn.Linear):
        super().__init__()
        self.weight, self.bias, self.packed = linear.weight, linear.bias, None

    def pack(self):
        self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, 512)

    def forward(self, x):
        return torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")


def replace_linear_layers(model: torch.nn.Module) -> list[PackedLinear]:
    """Replaces the encoder's linear layers and returns the new ones, which are packed after every change of weights."""
    layers = []
    for module in list(model.bert.encoder.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.Linear):
                layers.append(PackedLinear(child))
                setattr(module, name, layers[-1])
    return layers
