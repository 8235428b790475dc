"""What the ways to host on instances of the endpoint's own share; it is no way by itself."""
