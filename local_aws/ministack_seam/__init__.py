"""The only folder that touches ministack's internals.

None of what is used here is a documented interface of ministack, so its version is pinned exactly in
requirements.txt, and tests/unit/local_aws/test_ministack_seam.py says first what a new version moved.
"""

from local_aws.ministack_seam.alarms import Judge, evaluate_alarms_with, evaluate_every_alarm, merge_metric_values
from local_aws.ministack_seam.images import refuse_missing_image_tags
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
    "Judge",
    "Operation",
    "Properties",
    "ResourceType",
    "Service",
    "account",
    "asgi_app",
    "delete_stack",
    "enter_request_scope",
    "evaluate_alarms_with",
    "evaluate_every_alarm",
    "every_item",
    "every_stack",
    "generated_name",
    "merge_metric_values",
    "refuse_missing_image_tags",
    "region",
    "register_resource_type",
    "register_service",
    "request_scope",
    "roll_back_stack",
    "run_on_worker_thread",
    "run_reentrant",
    "save_state",
    "scoped_store",
    "stack",
    "unsaved_buckets",
    "wrap_resource_type",
    "wrap_stack_operations",
]
