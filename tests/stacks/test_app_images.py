"""The images that `slipway verify-clean` takes for the app's are those of its templates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from slipway.cleanup.app_images import app_images

SEVERAL = """
account: "123456789012"
region: eu-central-1
endpoints:
  small: {{model: linear, container: slim, hosting: {{type: serverless}}}}
  fast:
    model: linear
    container: slim
    hosting: {{type: real-time, instance_type: ml.g5.xlarge}}
  own: {{model: linear, container: {{dockerfile: {dockerfile}}}, hosting: {{type: serverless}}}}
  of-aws: {{model: linear, container: ray-serve, hosting: {{type: real-time, instance_type: ml.g5.xlarge}}}}
"""


def test_they_are_those_of_the_models_of_its_templates(synthesize: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assembly = synthesize(text=SEVERAL.format(dockerfile=tmp_path / "Dockerfile"))
    models = [assembly.endpoint(name).only("AWS::SageMaker::Model") for name in assembly.settings.endpoints]
    images = {model["PrimaryContainer"]["Image"] for model in models}
    assert len(images) == len(models)
    assert app_images(assembly.settings) == images
