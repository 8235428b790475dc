"""What makes a few images stand for many: shifts and reflections."""

import torch
from torch import Tensor

_SHIFT = 4  # pixels, at most, to every side


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Shift every image at random by up to four pixels, and reflect about half of them.

    Parameters
    ----------
    images
        (images, channels, height, width).
    generator
        Where the random numbers come from.

    Returns
    -------
    Tensor
        Of the same shape; what comes in at the sides is 0.
    """
    count, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, [_SHIFT] * 4)
    top, left = torch.randint(0, 2 * _SHIFT + 1, (2, count, 1), generator=generator)
    rows, columns = top + torch.arange(height), left + torch.arange(width)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5  # noqa: PLR2004 (about half)
    columns = torch.where(mirrored, columns.flip(1), columns)
    picked = torch.arange(count)
    shifted = padded[picked[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return shifted.permute(0, 3, 1, 2).contiguous()
