#!/bin/sh
# Node for the CDK's JavaScript, which checks the templates in WebAssembly. V8 would go on to optimize that in the
# background when synth is over, and the process waits for it at its exit: half a second for nothing.
exec "${SLIPWAY_NODE:-node}" --liftoff-only "$@"
