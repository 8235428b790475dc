"""What has to be in place before Slipway can package, run and deploy: each check with what to do about it."""
