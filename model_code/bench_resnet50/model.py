"""ResNet-50 for ImageNet's 1000 classes, with seeded weights; resnet.py links to that of model_code/resnet50."""

from resnet import seeded
from torch import nn


def create_model() -> nn.Module:
    """Return the model with weights drawn from a fixed seed, so that none are committed."""
    return seeded()
