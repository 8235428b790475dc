"""What SageMaker refuses, as a CDK validation plug-in over the synthesized templates.

It works in any CDK application in Python::

    from stacks.rules import SageMakerRules

    cdk.Validations.of(app).add_plugins(SageMakerRules())
"""

from stacks.rules.plugin import SageMakerRules

__all__ = ["SageMakerRules"]
