"""Load on an endpoint, and how fast it answers under it."""
