"""Asynchronous inference: requests that wait in a queue, and whose outcome lies in S3."""
