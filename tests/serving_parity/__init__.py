"""Requests and the answers to them, which have to be the same wherever a tarball is served.

`cases` has the requests as data, `models` the model folders that they go to, and `packages` makes tarballs of
these. A runner is a test module that starts a server for each unpacked tarball and compares.
"""
