"""The only folder that touches ministack's internals.

None of what is used here is a documented interface of ministack, so its version is pinned exactly in
requirements.txt, and tests/unit/local_aws/test_ministack_seam.py says first what a new version moved.
"""

from local_aws.ministack_seam.alarms import (
    Judge,
    alarms_in_alarm,
    evaluate_alarms_with,
    evaluate_every_alarm,
    listen_to_alarms,
    merge_metric_values,
)
from local_aws.ministack_seam.authorization import (
    Refusal,
    RoleSession,
    assume_role,
    hold_request,
    name_described_repositories,
    name_log_groups_with_their_streams,
    refusal,
    require_signatures,
)
from local_aws.ministack_seam.conditions import join_in_conditions
from local_aws.ministack_seam.images import log_in_with, refuse_missing_image_tags
from local_aws.ministack_seam.principals import caller, caller_session, refusal_of
from local_aws.ministack_seam.resource_types import (
    Attributes,
    Properties,
    ResourceType,
    generated_name,
    register_resource_type,
    run_on_worker_thread,
    wrap_resource_type,
)
from local_aws.ministack_seam.saved_state import save_state, unsaved_buckets
from local_aws.ministack_seam.scopes import (
    account,
    enter_request_scope,
    every_item,
    region,
    request_scope,
    scoped_store,
)
from local_aws.ministack_seam.services import Service, asgi_app, register_service, run_reentrant
from local_aws.ministack_seam.simulation import simulate_with_context
from local_aws.ministack_seam.stack_descriptions import describe_stacks_by_their_templates
from local_aws.ministack_seam.stack_guards import Change, guard_resources, guard_stack_operations
from local_aws.ministack_seam.stacks import (
    Operation,
    delete_stack,
    every_stack,
    roll_back_stack,
    stack,
    wrap_stack_operations,
)

__all__ = [
    "Attributes",
    "Change",
    "Judge",
    "Operation",
    "Properties",
    "Refusal",
    "ResourceType",
    "RoleSession",
    "Service",
    "account",
    "alarms_in_alarm",
    "asgi_app",
    "assume_role",
    "caller",
    "caller_session",
    "delete_stack",
    "describe_stacks_by_their_templates",
    "enter_request_scope",
    "evaluate_alarms_with",
    "evaluate_every_alarm",
    "every_item",
    "every_stack",
    "generated_name",
    "guard_resources",
    "guard_stack_operations",
    "hold_request",
    "join_in_conditions",
    "listen_to_alarms",
    "log_in_with",
    "merge_metric_values",
    "name_described_repositories",
    "name_log_groups_with_their_streams",
    "refusal",
    "refusal_of",
    "refuse_missing_image_tags",
    "region",
    "register_resource_type",
    "register_service",
    "request_scope",
    "require_signatures",
    "roll_back_stack",
    "run_on_worker_thread",
    "run_reentrant",
    "save_state",
    "scoped_store",
    "simulate_with_context",
    "stack",
    "unsaved_buckets",
    "wrap_resource_type",
    "wrap_stack_operations",
]
