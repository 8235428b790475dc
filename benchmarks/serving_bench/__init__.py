"""What benchmarks/serving.py is made of.

`models` packs what is served, `servers` starts the servers, `client` asks them through the `load` generator, and
`report` holds the ratios and their targets. `against_torchserve`, `against_bare_model`, `batching`, `against_ray`
and `recovery` are the comparisons, one module each.
"""
