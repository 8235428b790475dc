"""Stacking requests for one call of the model, and splitting its answer again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

Key = tuple[object, ...]


class Unsplittable(Exception):  # noqa: N818 - says what a prediction is
    """A prediction has not one row for each row of the requests that were stacked for it."""


def stack_key(data: Any) -> Key | None:
    """Return what has to be equal for two requests to stack: dtype, device and all dimensions but the first.

    None means that the request goes alone: it is no tensor, or has no dimension beside the one of its rows, so
    that a single row cannot be told from a column of them.
    """
    if not isinstance(data, torch.Tensor) or data.ndim < 2 or data.layout is not torch.strided:  # noqa: PLR2004
        return None
    return (data.dtype, data.device, *data.shape[1:])


def stacked(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the rows of all tensors in one."""
    return torch.cat(list(tensors))


def split(prediction: Any, sizes: Sequence[int]) -> list[Any]:
    """Return each request's part of a prediction for stacked requests.

    Parameters
    ----------
    prediction
        A tensor with one row for each row that was stacked; or a tuple, list or dict of such.
    sizes
        The number of rows of each request.

    Raises
    ------
    Unsplittable
        It is something else.
    """
    if isinstance(prediction, torch.Tensor):
        if prediction.ndim == 0 or len(prediction) != sum(sizes):
            raise Unsplittable(f"for {sum(sizes)} rows it is a tensor of shape {list(prediction.shape)}")
        return list(torch.split(prediction, list(sizes)))
    if isinstance(prediction, Mapping):
        parts = {key: split(item, sizes) for key, item in prediction.items()}
        return [{key: item[at] for key, item in parts.items()} for at in range(len(sizes))]
    if isinstance(prediction, tuple | list) and prediction:
        columns = [split(item, sizes) for item in prediction]
        return [
            type(prediction)(row) if type(prediction) in {tuple, list} else row
            for row in zip(*columns, strict=True)
        ]
    raise Unsplittable(f"it is a {type(prediction).__name__}, and no tensor")


def rows_are_independent(predict: Callable[[Any], Any], sample: Any) -> bool:
    """Whether a model answers two stacked requests as it answers each alone; False where that cannot be tried.

    The second request is the sample with the last dimension turned by one place and halved: other rows, but of
    numbers that a model of the sample's numbers, such as indices, takes too.

    Raises
    ------
    Unsplittable
        The model answers, but not row by row.
    """
    if stack_key(sample) is None:
        return False
    turned = torch.roll(sample, 1, dims=-1)
    other = (
        turned / 2 if sample.is_floating_point() else torch.div(turned, 2, rounding_mode="floor").to(sample.dtype)
    )
    alone = [predict(sample), predict(other)]
    together = split(predict(stacked([sample, other])), [len(sample), len(other)])
    return all(same_values(part, whole) for part, whole in zip(together, alone, strict=True))


def same_values(left: Any, right: Any) -> bool:
    """Whether two predictions are equal but for the last digits of their numbers."""
    if isinstance(left, torch.Tensor) and isinstance(right, torch.Tensor):
        same_kind = left.shape == right.shape and left.dtype == right.dtype
        return same_kind and torch.allclose(left, right, rtol=1e-3, atol=1e-5, equal_nan=True)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_values(left[key], right[key]) for key in left)
    if isinstance(left, tuple | list) and isinstance(right, tuple | list):
        return len(left) == len(right) and all(map(same_values, left, right))
    return bool(left == right)
