"""The asset step: from a model folder to the `model.tar.gz` that Amazon SageMaker hosts.

`model.py` is exported to TorchScript, in a process of its own and only when its inputs changed; the result,
the handler and what the handler needs are packed so that the same content always gives the same bytes.
Nothing that is imported from here imports torch, numpy or an AWS SDK.
"""
