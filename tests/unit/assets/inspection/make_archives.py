"""Writes model files of every kind into a folder: a program, since torch compiles what has a source file."""

import sys
import warnings
from pathlib import Path
from typing import Any

import torch


class Resize(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(8, 8)
        self.second = torch.nn.Linear(8, 8)

    def forward(self, x):
        x = torch.nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear")
        return self.second(self.linear(x))


class Nested(torch.nn.Module):
    @torch.jit.export
    def other(self, x):
        return torch.linalg.vector_norm(x)

    def forward(self, x):
        future = torch.jit.fork(self.other, x)
        if bool(x.sum() > 0):
            for _ in range(3):
                x = torch.sin(x)
        return torch.jit.wait(future) + x


class Custom(torch.nn.Module):
    def forward(self, x):
        return torch.ops.mylib.twice(x)


class Mixed(torch.nn.Module):
    def forward(self, x):
        return torch.mm(x, x, out_dtype=torch.float32)


class Spectrum(torch.nn.Module):
    def forward(self, x):
        return torch.ops.aten.stft(x, 4, return_complex=True)


def main(folder: Path) -> None:
    x = torch.ones(1, 1, 4, 4)
    library: Any = torch.library.Library("mylib", "DEF")
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: 2 * x, "CompositeExplicitAutograd")
    library.impl("twice", torch.empty_like, "Meta")
    linear = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU()).eval()
    quantized = torch.ao.quantization.quantize_dynamic(linear, {torch.nn.Linear}, dtype=torch.qint8)
    resize = Resize().eval()
    models = {
        "traced": torch.jit.trace(linear, x),
        "scripted_resize": torch.jit.script(resize),
        "traced_resize": torch.jit.trace(resize, x),
        "frozen_resize": torch.jit.freeze(torch.jit.script(resize)),
        "nested": torch.jit.script(Nested()),
        "custom": torch.jit.script(Custom()),
        "mixed": torch.jit.script(Mixed()),
        "spectrum": torch.jit.script(Spectrum()),
        "quantized": torch.jit.trace(quantized, x),
    }
    for name, model in models.items():
        model.save(str(folder / f"{name}.pt"))
    torch.save(linear.state_dict(), folder / "state.pt")
    torch.save(linear.state_dict(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.export.save(torch.export.export(linear, (x,)), folder / "exported.pt2")
    torch.export.save(torch.export.export(Custom(), (x,)), folder / "custom.pt2")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
