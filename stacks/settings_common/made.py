"""The word by which settings ask for a resource instead of naming one."""

MADE = "made"
"""In place of an ARN: the stack makes the resource."""
