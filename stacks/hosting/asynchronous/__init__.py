"""`hosting.type: async`: requests wait in a queue, their bodies and answers lie in S3."""
