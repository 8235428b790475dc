"""The server software that a container's image means on this machine.

Every software is started alike, by a module that takes the options of `python -m serving`: `serving` itself, or
`ray_serve`, which stands in for AWS's Ray Serve container.
"""
