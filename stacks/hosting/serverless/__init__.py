"""`hosting.type: serverless`: SageMaker starts containers as requests come."""
