"""AWS's Ray Serve container on this machine: `python -m local_aws.sagemaker.software.ray_serve`.

`__main__` does what the container's start does before Ray. Then it becomes, in the Python of `environment`, the
`node`: the Ray `cluster` and the `adapter` between SageMaker's paths and Ray Serve's. What Ray writes lies in
`scratch`.
"""
