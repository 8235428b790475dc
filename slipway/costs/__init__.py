"""What an environment costs a month: quantities from its settings, prices from the AWS Price List."""
