"""The samples of the models, sent to what is deployed."""
