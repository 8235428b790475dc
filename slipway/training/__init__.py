"""Training a model: in a process on this machine, or as a SageMaker training job, by the same contract."""
