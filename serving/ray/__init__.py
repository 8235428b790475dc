"""The bridge that lets AWS's Ray Serve container serve a model through the handler core.

That container runs `ray start`, `serve start` and `serve run /opt/ml/model/config.yaml`, and forwards
`/invocations` to Ray Serve's `/`. The tarball's `deployment.py` hands over to `deployment`, which loads the model
once in a process of its own: no route, and with it no healthy `/ping`, exists for a model that cannot be loaded.
Then it deploys `replica` as often as `scale` says, each with one `model_thread`.

In the tarball this folder is `slipway_serving/ray`, beside `slipway_serving/core`.
"""
