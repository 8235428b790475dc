"""The server of AWS's PyTorch container on this machine: TorchServe with SageMaker's toolkit and a Java runtime.

`environment` makes the virtual environment of its own, on first use, from pinned requirements; `server` starts it
on 127.0.0.1 and ends it. `python -m benchmarks.torchserve` does both for one model directory, and takes the
options of `python -m serving` as far as they have a meaning here. Benchmarks and the parity suite compare with it.
"""
