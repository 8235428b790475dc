"""Requests and the answers to them, which have to be the same wherever a tarball is served.

`cases` has the requests as data, `directories` the model directories that they go to. A runner is a test module
that starts a server for each directory and compares.
"""
