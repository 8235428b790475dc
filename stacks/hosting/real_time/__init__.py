"""`hosting.type: real-time`: instances of the endpoint's own, always on."""
