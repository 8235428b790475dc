"""Every name that Slipway derives, in one place, with the limit that AWS sets for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

PART = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
"""Pattern of a project, an environment and an endpoint: what all the names made of them allow.

The narrowest are the ECR repository (no two hyphens in a row) and the CloudFormation stack (a letter first).
"""

LOG_GROUPS = "/aws/sagemaker/Endpoints/"
"""What the names of all endpoints' log groups start with."""


def is_part(text: str) -> bool:
    """Whether `text` may be a project, an environment or an endpoint."""
    return re.fullmatch(PART, text) is not None


@dataclass(frozen=True)
class LimitedName:
    """A derived name and how long AWS lets it be.

    Parameters
    ----------
    what
        The resource, in words.
    value
        The name.
    limit
        In characters.
    endpoint
        Of which endpoint; None for a name of the environment.
    """

    what: str
    value: str
    limit: int
    endpoint: str | None = None


@dataclass(frozen=True)
class Names:
    """The names of one environment in one account and region.

    Clients and the CDK CLI need these before, or without, reading a stack; all others CloudFormation makes up.

    Parameters
    ----------
    project, environment
        Prefix of every name.
    account
        12 digits.
    region
        For example eu-central-1.
    """

    project: str
    environment: str
    account: str
    region: str

    @property
    def prefix(self) -> str:
        """What the names of this environment start with."""
        return f"{self.project}-{self.environment}"

    @property
    def bucket(self) -> str:
        """The artifact bucket; bucket names are global, hence account and region."""
        return f"{self.prefix}-artifacts-{self.account}-{self.region}"

    @property
    def bucket_key_parameter(self) -> str:
        """Name the SSM parameter that holds the ARN of the key that is made for the artifact bucket."""
        return f"/{self.project}/{self.environment}/bucket-key-arn"

    @property
    def repository(self) -> str:
        """The ECR repository of this environment's images."""
        return self.prefix

    @property
    def artifact_stack(self) -> str:
        """The stack of bucket and repository."""
        return self._stack("artifacts")

    @property
    def training_stack(self) -> str:
        """The stack of the training role."""
        return self._stack("training")

    @property
    def training_role_parameter(self) -> str:
        """Name the SSM parameter that holds the ARN of the training role."""
        return f"/{self.project}/{self.environment}/training-role-arn"

    @property
    def github_stack(self) -> str:
        """The stack by which GitHub deploys."""
        return self._stack("github")

    def training_prefix(self, model: str) -> str:
        """Return the prefix of what a model's trainings keep in the artifact bucket."""
        return f"training/{model}/"

    def endpoint_stack(self, endpoint: str) -> str:
        """Name the stack of an endpoint."""
        return self._stack(endpoint)

    def endpoint(self, endpoint: str, mode: str) -> str:
        """Name the SageMaker endpoint; its name ends with how it is hosted (`EndpointSettings.mode`)."""
        return f"{self.prefix}-{endpoint}-{mode}"

    def endpoint_patterns(self, endpoint: str, modes: Iterable[str]) -> list[str]:
        """List the names that an endpoint can have under any settings, with `*` for the rest of a name.

        Parameters
        ----------
        endpoint
            The endpoint's name in the settings.
        modes
            All that there are: `stacks.settings.mode_patterns`.
        """
        return [self.endpoint(endpoint, mode) for mode in modes]

    def parameter(self, endpoint: str) -> str:
        """Name the SSM parameter that holds the endpoint's current name."""
        return f"/{self.project}/{self.environment}/{endpoint}/endpoint-name"

    def dashboard(self, endpoint: str) -> str:
        """Name the CloudWatch dashboard, which people look for."""
        return f"{self.prefix}-{endpoint}"

    def log_group(self, endpoint: str, mode: str) -> str:
        """Name the log group, as SageMaker itself names it after the endpoint."""
        return f"{LOG_GROUPS}{self.endpoint(endpoint, mode)}"

    def tarball_prefix(self, endpoint: str) -> str:
        """Return the prefix of everything that an endpoint keeps in the artifact bucket."""
        return f"models/{endpoint}/"

    def tarball_key(self, endpoint: str, digest: str) -> str:
        """Return the key of a tarball in the artifact bucket."""
        return f"{self.tarball_prefix(endpoint)}{digest}.tar.gz"

    def unpacked_prefix(self, endpoint: str, digest: str) -> str:
        """Return the prefix of a package's files in the artifact bucket, where they lie uncompressed."""
        return f"{self.tarball_prefix(endpoint)}{digest}/"

    def limited(self, endpoints: Mapping[str, str]) -> Iterator[LimitedName]:
        """List every name with its limit.

        Parameters
        ----------
        endpoints
            The mode of each endpoint.

        Notes
        -----
        Limits: Amazon S3 User Guide, "Bucket naming rules"; Amazon ECR API, CreateRepository; AWS CloudFormation
        API, CreateStack; SageMaker API, CreateEndpoint (EndpointName); Systems Manager API, PutParameter;
        CloudWatch Logs API, CreateLogGroup; CloudWatch API, PutDashboard.
        """
        yield LimitedName("bucket", self.bucket, 63)
        yield LimitedName("ECR repository", self.repository, 256)
        yield LimitedName("stack", self.artifact_stack, 128)
        for endpoint, mode in endpoints.items():
            yield LimitedName("SageMaker endpoint", self.endpoint(endpoint, mode), 63, endpoint)
            yield LimitedName("stack", self.endpoint_stack(endpoint), 128, endpoint)
            yield LimitedName("dashboard", self.dashboard(endpoint), 255, endpoint)
            yield LimitedName("SSM parameter", self.parameter(endpoint), 1011, endpoint)
            yield LimitedName("log group", self.log_group(endpoint, mode), 512, endpoint)

    def _stack(self, part: str) -> str:
        return f"{self.project[:1].upper()}{self.project[1:]}-{self.environment}-{part}"
