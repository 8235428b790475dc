"""What a branch changes in AWS, found without AWS: `slipway review`."""
