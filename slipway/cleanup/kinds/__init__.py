"""Every kind of resource that an environment can leave behind, in the order in which they can be removed."""

from slipway.cleanup.kinds.bucket import BUCKETS, objects_of
from slipway.cleanup.kinds.cloudwatch import ALARMS, DASHBOARDS
from slipway.cleanup.kinds.iam import MANAGED_POLICIES, ROLES
from slipway.cleanup.kinds.images import images_of
from slipway.cleanup.kinds.logs import LOG_GROUPS_KIND
from slipway.cleanup.kinds.repository import REPOSITORIES
from slipway.cleanup.kinds.resource_kind import ResourceKind
from slipway.cleanup.kinds.sagemaker import ENDPOINT_CONFIGS, ENDPOINTS, MODELS
from slipway.cleanup.kinds.scaling import SCALING_POLICIES, SCALING_TARGETS
from slipway.cleanup.kinds.small import FUNCTIONS, KEYS, PARAMETERS, TOPICS
from slipway.cleanup.kinds.templates import TEMPLATES
from slipway.cleanup.kinds.training import TRAINING_JOBS, TRAINING_LOGS

__all__ = ["KINDS", "ResourceKind", "images_of", "objects_of"]

KINDS = (
    TRAINING_JOBS,
    SCALING_POLICIES,
    SCALING_TARGETS,
    ENDPOINTS,
    ENDPOINT_CONFIGS,
    MODELS,
    ALARMS,
    DASHBOARDS,
    FUNCTIONS,
    LOG_GROUPS_KIND,
    TRAINING_LOGS,
    TOPICS,
    MANAGED_POLICIES,
    ROLES,
    REPOSITORIES,
    BUCKETS,
    KEYS,
    PARAMETERS,  # they tell of former endpoints, so they go after all that those left
    TEMPLATES,
)
