"""What is left of an environment in AWS, and its removal: `slipway verify-clean`."""
