"""What AWS knows of an endpoint: each module reads one service, in a bounded number of requests."""
