"""SageMaker hosting on this machine.

`control_plane` answers the API, `endpoints` takes an endpoint through its states, `container` runs the serving
software of a variant, `runtime` answers InvokeEndpoint, `cloudformation` makes the three resource types.
"""
