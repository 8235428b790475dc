"""`hosting.type: reported`, which SageMaker does not have: instances that write a report on each request to S3."""
