"""What the rules look at: SageMaker's resources of a template, linked as far as the template says so."""

from functools import cached_property

from stacks.rules.roles import Role
from stacks.rules.template import Node, Resource

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"


class View:
    """A resource of a template."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.template = resource.template
        self.properties = resource.properties

    def at(self, *keys: str) -> Node:
        """Return a property."""
        return self.properties.at(*keys)


class Container:
    """A container of a model."""

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def multi_model(self) -> bool:
        """Whether it certainly serves many models."""
        return self.node.at("Mode").text == "MultiModel" or self.node.at("MultiModelConfig").present

    def variable(self, name: str) -> Node:
        """Return a variable of its environment."""
        return self.node.at("Environment", name)


class Model(View):
    """A model."""

    @cached_property
    def containers(self) -> "list[Container] | None":
        """Its containers; None when their number is not certain."""
        primary, several = self.at("PrimaryContainer"), self.at("Containers").items
        if several is None or not (primary.present or primary.absent):
            return None
        return [Container(node) for node in ([primary] if primary.present else several)]

    @property
    def isolated(self) -> Node:
        """Whether calls out of its containers are cut off."""
        return self.at("EnableNetworkIsolation")

    @cached_property
    def role(self) -> Role | None:
        """Its execution role; None when another template has it."""
        resource = self.template.named(self.at("ExecutionRoleArn"), "AWS::IAM::Role", "")
        return Role(resource) if resource else None


class Variant:
    """A production or shadow variant of an endpoint config."""

    def __init__(self, node: Node, config: "EndpointConfig") -> None:
        self.node = node
        self.config = config

    def at(self, *keys: str) -> Node:
        """Return a property."""
        return self.node.at(*keys)

    @property
    def name(self) -> str | None:
        """Its name, when literal."""
        return self.at("VariantName").text

    @property
    def label(self) -> str:
        """Its name as messages have it."""
        return f"the variant {self.name}" if self.name else "a variant"

    @property
    def serverless(self) -> bool:
        """Whether it certainly is serverless."""
        return self.at("ServerlessConfig").present

    @property
    def instance_types(self) -> list[Node]:
        """The instance types that it certainly may run on."""
        pools = [pool.at("InstanceType") for pool in self.at("InstancePools").items or ()]
        return [node for node in (self.at("InstanceType"), *pools) if node.text]

    @cached_property
    def model(self) -> Model | None:
        """Its model; None when another template has it."""
        resource = self.config.template.named(self.at("ModelName"), MODEL, "ModelName")
        return Model(resource) if resource else None

    @property
    def containers(self) -> list[Container]:
        """The containers that it certainly runs."""
        return (self.model.containers or []) if self.model else []


class EndpointConfig(View):
    """An endpoint config."""

    @cached_property
    def variants(self) -> list[Variant] | None:
        """Its production variants; None when their number is not certain."""
        return self._variants("ProductionVariants")

    @cached_property
    def shadow_variants(self) -> list[Variant] | None:
        """Its shadow variants; None when their number is not certain."""
        return self._variants("ShadowProductionVariants")

    @property
    def all_variants(self) -> list[Variant]:
        """Production and shadow variants, as far as they are certain."""
        return [*(self.variants or ()), *(self.shadow_variants or ())]

    @property
    def is_async(self) -> bool:
        """Whether it certainly is of an asynchronous endpoint."""
        return self.at("AsyncInferenceConfig").present

    @property
    def roles(self) -> list[Role]:
        """The execution roles of its models, as far as this template has them."""
        roles = {
            variant.model.role.resource.logical_id: variant.model.role
            for variant in self.all_variants
            if variant.model and variant.model.role
        }
        return list(roles.values())

    def _variants(self, property_name: str) -> list[Variant] | None:
        nodes = self.at(property_name).items
        return None if nodes is None else [Variant(node, self) for node in nodes]


class Endpoint(View):
    """An endpoint."""

    @cached_property
    def config(self) -> EndpointConfig | None:
        """Its config; None when another template has it."""
        resource = self.template.named(self.at("EndpointConfigName"), CONFIG, "EndpointConfigName")
        return EndpointConfig(resource) if resource else None

    @cached_property
    def variants(self) -> list[Variant]:
        """Its production variants, as far as they are certain."""
        return (self.config.variants or []) if self.config else []
