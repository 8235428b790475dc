"""The images that the app defines, whether or not they have been pushed."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from slipway.errors import CommandError
from stacks.settings import EnvironmentSettings


def app_images(settings: EnvironmentSettings) -> set[str]:
    """Return the URIs of the images of all variants of an environment, as a synth of this checkout names them.

    The CDK computes an image's tag from its build context; no model is packed for that.

    Raises
    ------
    CommandError
        The CDK cannot say it: there is no Node, or a build context that cannot be read.
    """
    from jsii.errors import JSIIError  # noqa: PLC0415 (it takes a while, as the CDK does)

    try:
        return _uris(settings)
    except (OSError, RuntimeError, JSIIError) as error:
        raise CommandError(f"the images that the app defines are not known: {error}") from error


def _uris(settings: EnvironmentSettings) -> set[str]:
    # `stacks` first: it says which Node the CDK runs on. Both take a second, and few surveys need them.
    from stacks.container_image import container_image  # noqa: PLC0415, I001
    import aws_cdk as cdk  # noqa: PLC0415

    place = cdk.Environment(account=settings.account, region=settings.region)
    with TemporaryDirectory(prefix="slipway-images-") as folder:
        stack = cdk.Stack(cdk.App(outdir=folder, auto_synth=False), "Images", env=place)
        return {
            container_image(stack, names=settings.names, variant=variant).uri
            for endpoint in settings.endpoints.values()
            for variant in endpoint.all_variants
        }
