"""The contract between `ministack_seam` and ministack, one fact a test.

Nothing of this is a documented interface. When a new version moves something, these tests say what: read the
message, then mend local_aws/ministack_seam/. None of them needs a server.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import inspect
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SEAM = "local_aws/ministack_seam"


@pytest.fixture(scope="session")
def seam() -> Any:
    """Import the seam when a test uses it: where that fails, the tests above say what moved."""
    return importlib.import_module("local_aws.ministack_seam")


def pinned_version() -> str:
    text = (ROOT / "requirements.txt").read_text()
    pins = re.findall(r"^ministack(?:\[[^]]*\])?==([\w.]+)", text, re.MULTILINE)
    assert len(pins) == 1, "requirements.txt has to pin ministack with == exactly once"
    return pins[0]


def test_the_installed_ministack_is_the_pinned_one() -> None:
    installed = importlib.metadata.version("ministack")

    assert installed == pinned_version(), (
        f"ministack {installed} is installed and {pinned_version()} is pinned; run `make setup`, or, for a new"
        f" version, go through {SEAM} and this file"
    )


def test_the_constraints_name_the_same_version() -> None:
    lines = [line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines()]

    assert ["ministack", pinned_version()] in lines, "constraints.txt has another ministack than requirements.txt"


# Module, attribute, and what the seam does with it.
ATTRIBUTES = [
    ("ministack.app", "app", "is the ASGI application"),
    ("ministack.app", "AUTH", "says whether IAM is enforced"),
    ("ministack.app", "_request_account_scope", "finds the account of a user's access key"),
    ("ministack.app", "SERVICE_REGISTRY", "lists our services"),
    ("ministack.app", "SERVICE_HANDLERS", "routes to our services"),
    ("ministack.app", "_loaded_modules", "finds our services' get_state and load_persisted_state"),
    ("ministack.app", "_state_map", "names our services' state files"),
    ("ministack.app", "_build_persistence_save_dict", "collects every service's state"),
    ("ministack.core.concurrency", "run_reentrant", "runs operations that call this server"),
    ("ministack.core.hypercorn_compat", "install", "mends answers without a reason phrase"),
    ("ministack.core.iam_actions", "_auth_failure", "words failures to authenticate"),
    ("ministack.core.iam_actions", "extract_resource_arn", "is mended for ECR"),
    ("ministack.core.iam_actions", "identity_denial_message", "words denials"),
    ("ministack.core.iam_evaluator", "AuthError", "is a failure to authenticate"),
    ("ministack.core.iam_evaluator", "CredentialResolutionError", "says that an access key is unknown"),
    ("ministack.core.iam_evaluator", "EvalContext", "describes a request to a trust policy"),
    ("ministack.core.iam_evaluator", "_resolve_condition_key", "is mended to judge by a simulation's context"),
    ("ministack.core.iam_evaluator", "_is_root_key", "is mended so that the root signs, too"),
    ("ministack.core.iam_evaluator", "_served_unsigned", "knows what needs no signature"),
    ("ministack.core.iam_evaluator", "_verified_key", "says who signed the request"),
    ("ministack.core.iam_evaluator", "caller_verified", "says whether the caller signed"),
    ("ministack.core.iam_evaluator", "enforce", "authenticates and authorizes"),
    ("ministack.core.iam_evaluator", "evaluate_resource_policy", "evaluates a trust policy"),
    ("ministack.core.iam_evaluator", "pin_request_origin", "keeps a request to be checked"),
    ("ministack.core.iam_evaluator", "pin_signed_body", "keeps a request to be checked"),
    ("ministack.core.iam_evaluator", "pin_signed_request", "keeps a request to be checked"),
    ("ministack.core.iam_evaluator", "resolve_credential", "says whose an access key is"),
    ("ministack.core.persistence", "save_all", "writes the state"),
    ("ministack.core.persistence", "load_state", "says which buckets were saved"),
    ("ministack.core.persistence", "logger", "is all that says what could not be saved"),
    ("ministack.core.responses", "AccountRegionScopedDict", "keeps accounts and regions apart"),
    ("ministack.core.responses", "error_response_json", "makes ECR's error answers"),
    ("ministack.core.responses", "get_account_id", "says whose request it is"),
    ("ministack.core.responses", "get_region", "says whose request it is"),
    ("ministack.core.responses", "request_scope", "acts outside of a request"),
    ("ministack.core.responses", "set_request_account_id", "sets the scope of an invocation"),
    ("ministack.core.responses", "set_request_region", "sets the scope of an invocation"),
    ("ministack.core.router", "SERVICE_PATTERNS", "recognizes requests for our services"),
    ("ministack.core.router", "extract_access_key_id", "reads the scope of an invocation"),
    ("ministack.core.router", "extract_region", "reads the scope of an invocation"),
    ("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS", "holds our resource types"),
    ("ministack.services.cloudformation.provisioners", "_REPLACING_PROPERTIES", "says what replaces a resource"),
    ("ministack.services.cloudformation.provisioners", "_STACK_TAG_PROPERTY", "brings the stack's tags"),
    ("ministack.services.cloudformation.provisioners", "_physical_name", "makes up names"),
    ("ministack.services.cloudformation.provisioners", "_replacing_change", "says what replaces a resource"),
    ("ministack.services.cloudformation", "_ACTION_HANDLERS", "answers for stacks"),
    ("ministack.services.cloudformation", "_stacks", "holds the stacks"),
    ("ministack.services.cloudformation.changesets", "_deploy_stack_async", "starts operations on stacks"),
    ("ministack.services.cloudformation.changesets", "_evaluate_conditions", "is mended for Fn::Join"),
    ("ministack.services.cloudformation.changesets", "_find_change_set", "finds the role of a change set"),
    ("ministack.services.cloudformation.engine", "_evaluate_conditions", "is mended for Fn::Join"),
    ("ministack.services.cloudformation.engine", "_parse_template", "reads a stack's description"),
    ("ministack.services.cloudformation.handlers", "_evaluate_conditions", "is mended for Fn::Join"),
    ("ministack.services.cloudformation.handlers", "_resolve_stack", "finds the role of a stack"),
    ("ministack.services.cloudformation.helpers", "_error", "words refusals"),
    ("ministack.services.cloudformation.helpers", "_p", "reads requests"),
    ("ministack.services.cloudformation.handlers", "_deploy_stack_async", "starts operations on stacks"),
    ("ministack.services.cloudformation.handlers", "_delete_stack_async", "starts deletions of stacks"),
    ("ministack.services.cloudformation.stacks", "_delete_stack_async", "deletes a stack"),
    ("ministack.services.cloudformation.stacks", "_deploy_stack_async", "creates or updates a stack"),
    ("ministack.services.cloudformation.stacks", "_delete_resource", "deletes a resource"),
    ("ministack.services.cloudformation.stacks", "_evaluate_conditions", "is mended for Fn::Join"),
    ("ministack.services.cloudformation.stacks", "_provision_resource", "makes a resource"),
    ("ministack.services.cloudformation.stacks", "_update_resource", "changes a resource"),
    ("ministack.services.cloudformation.stacks", "_failed_operation", "says what a rollback has to undo"),
    ("ministack.services.cloudformation.stacks", "_roll_back_operation", "rolls an operation back"),
    ("ministack.services.cloudformation.stacks", "_runs_on_worker_thread", "lets handlers block"),
    ("ministack.services.cloudwatch", "_alarms", "holds the alarms"),
    ("ministack.services.cloudwatch", "_metrics", "holds the metrics"),
    ("ministack.services.cloudwatch", "_metric_bucket", "holds the values of a metric"),
    ("ministack.services.cloudwatch", "_dims_key", "names the values of a metric"),
    ("ministack.services.cloudwatch", "_dims_from_list", "reads the dimensions of an alarm"),
    ("ministack.services.cloudwatch", "_calc_stats", "computes statistics"),
    ("ministack.services.cloudwatch", "_stat_value", "computes statistics"),
    ("ministack.services.cloudwatch", "_evaluate_alarm", "is replaced by our evaluation"),
    ("ministack.services.cloudwatch", "_evaluate_all_alarms", "evaluates the alarms of an account and region"),
    ("ministack.services.cloudwatch", "_set_alarm_state", "moves an alarm and starts its actions"),
    ("ministack.services.cloudwatch", "_dispatch_alarm_actions", "starts the actions of an alarm"),
    ("ministack.services.cloudwatch", "_store_datum", "is mended to merge values"),
    ("ministack.services.s3", "_buckets", "holds the buckets"),
    ("ministack.services.iam", "_IAM_HANDLERS", "simulates policies"),
    ("ministack.services.iam", "_build_simulate_results_real", "is mended for all the resources of a simulation"),
    ("ministack.services.iam", "_p", "reads a request's parameter"),
    ("ministack.services.iam", "_gen_secret", "makes up credentials"),
    ("ministack.services.iam", "_gen_session_access_key", "makes up credentials"),
    ("ministack.services.iam", "_gen_session_token", "makes up credentials"),
    ("ministack.services.iam", "_roles", "holds the roles"),
    ("ministack.services.sts", "register_session", "makes credentials known"),
    ("ministack.services.sts", "_sessions", "holds temporary credentials"),
    ("ministack.services.ecr", "_describe_images", "is mended for missing tags"),
    ("ministack.services.ecr", "_find_image", "looks a tag up"),
    ("ministack.services.ecr", "_get_authorization_token", "is mended to know who asks"),
    ("ministack.services.ecr", "_repositories", "looks a repository up"),
]


@pytest.mark.parametrize(("module", "name", "purpose"), ATTRIBUTES, ids=[f"{m}.{n}" for m, n, _ in ATTRIBUTES])
def test_what_the_seam_touches_is_there(module: str, name: str, purpose: str) -> None:
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        pytest.fail(f"ministack has no module {module} any more ({error}); it {purpose}: see {SEAM}")

    assert hasattr(found, name), f"{module} has no {name} any more; it {purpose}: see {SEAM}"


def test_this_file_covers_everything_that_the_seam_touches() -> None:
    """A use that is added to the seam is added to the list above."""
    modules = {module.rpartition(".")[2]: module for module, _, _ in ATTRIBUTES}
    source = "\n".join(path.read_text() for path in sorted((ROOT / SEAM).glob("*.py")))

    used = set(
        re.findall(
            r"(?<![.\w])_?(app|cloudwatch|concurrency|ecr|iam|iam_actions|iam_evaluator|persistence|provisioners"
            r"|responses|router|s3|stacks|sts)\.(\w+)",
            source,
        )
    )

    used |= {("hypercorn_compat", name) for name in re.findall(r"\bhypercorn_compat\.(\w+)", source)}
    listed = {(module.rpartition(".")[2], name) for module, name, _ in ATTRIBUTES}
    assert {(modules[module], name) for module, name in used - listed} == set()


def test_no_other_module_of_ours_imports_ministack() -> None:
    importing = {
        str(path.relative_to(ROOT))
        for package in ("assets", "local_aws", "serving", "slipway", "stacks")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^\s*(from|import) ministack", path.read_text(), re.MULTILINE)
    }

    assert importing
    assert {str(Path(path).parent) for path in importing} == {SEAM}


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def attribute(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"ministack.{module}"), name)


SIGNATURES = [
    (
        "services.cloudformation.stacks",
        "_deploy_stack_async",
        [
            *("stack_name", "stack_id", "template", "param_values", "disable_rollback", "tags"),
            *("is_update", "previous_stack", "retain_except_on_create", "imports"),
        ],
    ),
    (
        "services.cloudformation.stacks",
        "_delete_stack_async",
        ["stack_name", "stack_id", "retain_resources", "force"],
    ),
    (
        "services.cloudformation.stacks",
        "_failed_operation",
        [
            *("is_update", "previous_stack", "created", "failed_update", "failed_logical_id", "replaced_ids"),
            *("cancelled", "template", "param_values", "retain_except_on_create", "stack_tags", "previous_tags"),
            "imports",
        ],
    ),
    (
        "services.cloudformation.stacks",
        "_roll_back_operation",
        ["stack_name", "stack_id", "stack", "operation", "reason_override"],
    ),
    ("app", "_request_account_scope", ["access_key_id"]),
    ("core.iam_actions", "_auth_failure", ["service", "code", "message", "headers"]),
    (
        "core.iam_actions",
        "extract_resource_arn",
        ["service", "method", "path", "headers", "body", "query_params", "region", "account_id"],
    ),
    ("core.iam_actions", "identity_denial_message", ["action", "principal_arn", "resource", "explicit_deny"]),
    ("core.iam_evaluator", "_is_root_key", ["access_key_id"]),
    ("core.iam_evaluator", "_resolve_condition_key", ["key", "ctx"]),
    (
        "services.iam",
        "_build_simulate_results_real",
        ["actions", "resource_arn", "principal_arn", "account_id", "policies"],
    ),
    ("core.iam_evaluator", "_served_unsigned", ["service", "iam_action"]),
    ("core.iam_evaluator", "caller_verified", ["access_key_id", "account_id"]),
    (
        "core.iam_evaluator",
        "enforce",
        ["access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"],
    ),
    (
        "core.iam_evaluator",
        "evaluate_resource_policy",
        ["doc", "ctx", "service", "named_only", "direct_only"],
    ),
    ("core.iam_evaluator", "pin_request_origin", ["source_ip", "secure_transport"]),
    ("core.iam_evaluator", "pin_signed_body", ["body"]),
    (
        "core.iam_evaluator",
        "pin_signed_request",
        ["method", "raw_path", "query_params", "raw_headers", "handshake"],
    ),
    ("services.sts", "register_session", ["access_key", "session"]),
    ("core.responses", "request_scope", ["account_id", "region"]),
    ("core.responses", "set_request_account_id", ["access_key_id"]),
    ("core.responses", "set_request_region", ["region"]),
    ("core.router", "extract_access_key_id", ["headers", "query_params"]),
    ("core.router", "extract_region", ["headers", "query_params"]),
    ("core.persistence", "save_all", ["services"]),
    ("app", "_build_persistence_save_dict", []),
    ("services.cloudformation.stacks", "_runs_on_worker_thread", ["resource_type"]),
    ("services.cloudwatch", "_calc_stats", ["points"]),
    ("services.cloudwatch", "_dims_from_list", ["dimensions"]),
    ("services.cloudwatch", "_dispatch_alarm_actions", ["alarm", "old_state", "new_state", "reason"]),
    ("services.cloudwatch", "_dims_key", ["dims"]),
    ("services.cloudwatch", "_evaluate_alarm", ["alarm"]),
    ("services.cloudwatch", "_evaluate_all_alarms", []),
    ("services.cloudwatch", "_metric_bucket", ["key"]),
    ("services.cloudwatch", "_set_alarm_state", ["params", "cbor_data", "is_cbor", "is_json"]),
    ("services.cloudwatch", "_stat_value", ["stats", "stat_name", "points"]),
    (
        "services.cloudwatch",
        "_store_datum",
        ["namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values"],
    ),
    ("services.ecr", "_describe_images", ["data"]),
    ("services.ecr", "_find_image", ["repo_name", "image_id"]),
]


@pytest.mark.parametrize(("module", "name", "wanted"), SIGNATURES, ids=[f"{m}.{n}" for m, n, _ in SIGNATURES])
def test_a_function_takes_what_the_seam_gives_it(module: str, name: str, wanted: list[str]) -> None:
    taken = parameters(attribute(module, name))

    assert taken == wanted, f"ministack.{module}.{name} takes {taken} now, and {SEAM} gives it {wanted}"


def test_physical_names_take_a_maximum_length() -> None:
    signature = inspect.signature(attribute("services.cloudformation.provisioners", "_physical_name"))

    assert list(signature.parameters)[:2] == ["stack_name", "logical_id"]
    assert "max_len" in signature.parameters, f"_physical_name takes no max_len any more: see {SEAM}"


def test_run_reentrant_takes_a_function_and_its_arguments() -> None:
    kinds = [p.kind for p in inspect.signature(attribute("core.concurrency", "run_reentrant")).parameters.values()]

    assert kinds[:2] == [inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL]


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("create", ["logical_id", "props", "stack_name"]),
        ("update", ["physical_id", "old_props", "new_props", "stack_name"]),
        ("delete", ["physical_id", "props"]),
    ],
)
def test_a_resource_handler_has_the_signature_that_ours_have(action: str, wanted: list[str]) -> None:
    handlers = attribute("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")["AWS::S3::Bucket"]

    taken = parameters(handlers[action])

    assert taken == wanted, f"the {action} handler of AWS::S3::Bucket takes {taken}, and {SEAM} wraps {wanted}"


def test_a_service_handler_has_the_signature_that_ours_have() -> None:
    service = importlib.import_module("local_aws.json_service").JsonService
    ours = [name for name in parameters(service.handle_request) if name != "self"]
    taken = parameters(attribute("services.ecr", "handle_request"))

    assert taken == ours, f"service handlers take {taken} now, and ours take {ours}"


@pytest.fixture
def untouched(seam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give ministack copies of its tables, so that what a test registers ends with it."""
    app = importlib.import_module("ministack.app")
    for name in ("SERVICE_REGISTRY", "SERVICE_HANDLERS", "_loaded_modules", "_state_map"):
        monkeypatch.setattr(app, name, dict(getattr(app, name)))
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
    handlers = {name: dict(value) for name, value in provisioners._RESOURCE_HANDLERS.items()}
    monkeypatch.setattr(provisioners, "_RESOURCE_HANDLERS", handlers)
    for name in ("_REPLACING_PROPERTIES", "_STACK_TAG_PROPERTY"):
        monkeypatch.setattr(provisioners, name, dict(getattr(provisioners, name)))
    router = importlib.import_module("ministack.core.router")
    monkeypatch.setattr(router, "SERVICE_PATTERNS", dict(router.SERVICE_PATTERNS))
    stacks = importlib.import_module("ministack.services.cloudformation.stacks")
    monkeypatch.setattr(stacks, "_runs_on_worker_thread", stacks._runs_on_worker_thread)
    ecr = importlib.import_module("ministack.services.ecr")
    monkeypatch.setattr(ecr, "_describe_images", ecr._describe_images)
    cloudwatch = importlib.import_module("ministack.services.cloudwatch")
    for name in ("_dispatch_alarm_actions", "_evaluate_alarm", "_store_datum"):
        monkeypatch.setattr(cloudwatch, name, getattr(cloudwatch, name))
    types = importlib.import_module("local_aws.ministack_seam.resource_types")
    monkeypatch.setattr(types, "_BLOCKING_TYPES", set(types._BLOCKING_TYPES))


class TestService:
    """A service that counts."""

    __test__ = False

    def __init__(self) -> None:
        self.state = {"count": 7}

    async def handle_request(self, *_: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, b'{"answered": true}'

    def get_state(self) -> dict[str, Any]:
        return self.state

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        self.state = data

    def reset(self) -> None:
        self.state = {}


async def call(app: Callable[..., Any], target: str) -> dict[str, Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"x-amz-target", target.encode()), (b"host", b"127.0.0.1")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return {"status": sent[0]["status"], "body": json.loads(body)}


@pytest.mark.usefixtures("untouched")
class TestRegisteredService:
    """What ministack does with a service of ours."""

    def test_its_requests_reach_it(self, seam: Any) -> None:
        seam.register_service("test-service", TestService(), "TestService")

        answer = asyncio.run(call(seam.asgi_app(), "TestService.Anything"))

        assert answer == {"status": 200, "body": {"answered": True}}, (
            "ministack does not route X-Amz-Target to a registered service any more"
        )

    @pytest.mark.parametrize("name", ["sagemaker", "application-autoscaling"])
    def test_its_name_is_not_taken_by_another_one_of_ministack(self, name: str) -> None:
        registry = attribute("app", "SERVICE_REGISTRY")

        assert name not in registry, f"ministack has a {name} of its own now: decide which one is to answer"

    def test_its_state_is_saved_and_given_back(
        self, seam: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        persistence = importlib.import_module("ministack.core.persistence")
        monkeypatch.setattr(persistence, "PERSIST_STATE", True)
        monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path))
        app = importlib.import_module("ministack.app")
        monkeypatch.setattr(app, "_state_map", {})
        service = TestService()
        store = seam.scoped_store()
        with seam.request_scope("123456789012", "eu-central-1"):
            store["name"] = {"a": 1.5, "b": [None, "text"]}
        service.state = {"things": store}
        seam.register_service("test-service", service, "TestService")

        assert seam.save_state() == []
        service.reset()
        app._load_persisted_state()

        assert seam.every_item(service.state["things"]) == [
            ("123456789012", "eu-central-1", "name", {"a": 1.5, "b": [None, "text"]})
        ]

    def test_state_that_cannot_be_saved_is_told(
        self, seam: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        persistence = importlib.import_module("ministack.core.persistence")
        monkeypatch.setattr(persistence, "PERSIST_STATE", True)
        monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path))
        monkeypatch.setattr(importlib.import_module("ministack.app"), "_state_map", {})
        service = TestService()
        seam.register_service("test-service", service, "TestService")
        service.state = {"kept": "whole"}
        assert seam.save_state() == []
        whole = {path.name: path.read_text() for path in tmp_path.iterdir()}

        service.state = {"kept": object()}
        (failure,) = seam.save_state()

        assert failure.startswith("failed to save slipway_test_service: "), "ministack words it in another way now"
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == whole
        service.state = {"kept": "whole"}
        assert seam.save_state() == []


@pytest.mark.usefixtures("untouched")
class TestRegisteredResourceType:
    """What CloudFormation does with a resource type of ours."""

    @pytest.fixture
    def calls(self, seam: Any) -> list[tuple[Any, ...]]:
        made: list[tuple[Any, ...]] = []

        def answer(*arguments: Any) -> tuple[str, dict[str, Any]]:
            made.append((threading.current_thread().name, *arguments))
            return "physical", {"Name": "n"}

        seam.register_resource_type(
            seam.ResourceType("AWS::Test::Thing", answer, answer, lambda *a: made.append(a), ("Name",))
        )
        return made

    def test_it_is_created(self, calls: list[tuple[Any, ...]]) -> None:
        provision = attribute("services.cloudformation.provisioners", "_provision_resource")

        assert provision("AWS::Test::Thing", "Logical", {"A": 1}, "Stack") == ("physical", {"Name": "n"})
        assert calls[0][1:] == ("Logical", {"A": 1}, "Stack")

    def test_it_is_deleted(self, calls: list[tuple[Any, ...]]) -> None:
        attribute("services.cloudformation.provisioners", "_delete_resource")("AWS::Test::Thing", "id", {"A": 1})

        assert calls == [("id", {"A": 1})]

    def test_its_update_handler_takes_old_and_new_properties(self, calls: list[tuple[Any, ...]]) -> None:
        handlers = attribute("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")

        handlers["AWS::Test::Thing"]["update"]("id", {"A": 1}, {"A": 2}, "Stack")

        assert calls[0][1:] == ("id", {"A": 1}, {"A": 2})

    @pytest.mark.parametrize(("changed", "wanted"), [("Name", "Always"), ("Other", "Never")])
    def test_its_replacing_properties_are_known(
        self, calls: list[tuple[Any, ...]], changed: str, wanted: str
    ) -> None:
        classify = attribute("services.cloudformation.provisioners", "_property_recreation")

        assert classify("AWS::Test::Thing", changed) == wanted

    def test_its_handlers_may_block(self, calls: list[tuple[Any, ...]]) -> None:
        runs_on_worker_thread = attribute("services.cloudformation.stacks", "_runs_on_worker_thread")

        assert runs_on_worker_thread("AWS::Test::Thing")
        assert runs_on_worker_thread("Custom::Anything"), "ministack's own rule is lost"
        assert not runs_on_worker_thread("AWS::SNS::Topic")

    def test_a_wrapped_type_of_ministack_keeps_its_other_handlers(self, seam: Any) -> None:
        handlers = attribute("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")["AWS::S3::Bucket"]
        before = dict(handlers)

        seam.wrap_resource_type("AWS::S3::Bucket", lambda original: {"create": lambda *_: original["create"]})

        assert handlers["create"]() is before["create"]
        assert handlers["delete"] is before["delete"]


class TestScope:
    """Whose request it is."""

    def test_a_signature_names_account_and_region(self, seam: Any) -> None:
        credential = "Credential=123456789012/20260101/eu-central-1/sagemaker/aws4_request"
        headers = {"authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}

        with seam.request_scope("000000000000", "us-east-1"):
            seam.enter_request_scope(headers)
            assert (seam.account(), seam.region()) == ("123456789012", "eu-central-1")

    def test_a_scope_ends(self, seam: Any) -> None:
        before = seam.account(), seam.region()
        with seam.request_scope("123456789012", "eu-central-1"):
            assert (seam.account(), seam.region()) == ("123456789012", "eu-central-1")

        assert (seam.account(), seam.region()) == before

    def test_run_reentrant_keeps_the_scope_on_a_thread_of_its_own(self, seam: Any) -> None:
        def where() -> tuple[str, str, int]:
            return seam.account(), seam.region(), threading.get_ident()

        with seam.request_scope("123456789012", "eu-central-1"):
            account, region, thread = asyncio.run(seam.run_reentrant(where))

        assert (account, region) == ("123456789012", "eu-central-1")
        assert thread != threading.get_ident()

    def test_a_store_keeps_accounts_and_regions_apart(self, seam: Any) -> None:
        store = seam.scoped_store()
        for account, region in (
            ("111111111111", "us-east-1"),
            ("111111111111", "eu-west-1"),
            ("2" * 12, "eu-west-1"),
        ):
            with seam.request_scope(account, region):
                assert store.get("name") is None
                store["name"] = account + region
                assert list(store.values()) == [account + region]

        assert len(seam.every_item(store)) == 3


class TestNames:
    """Names that CloudFormation makes up."""

    def test_a_name_starts_with_stack_and_logical_id_and_keeps_its_limit(self, seam: Any) -> None:
        assert seam.generated_name("Stack", "Model", 63).startswith("Stack-Model-")
        assert len(seam.generated_name("S" * 80, "Model", 63)) == 63

    def test_a_replacement_gets_another_name(self, seam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        seed = attribute("services.cloudformation.provisioners", "_NAME_SEED")
        first = seam.generated_name("Stack", "Model", 63)
        token = seed.set("another")
        try:
            assert seam.generated_name("Stack", "Model", 63) != first
        finally:
            seed.reset(token)


@pytest.mark.usefixtures("untouched")
class TestMissingImageTags:
    """DescribeImages of the local ECR, which the CDK CLI asks whether an image is there."""

    @pytest.fixture
    def repository(self, seam: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        ecr = importlib.import_module("ministack.services.ecr")
        for name in ("_repositories", "_images"):
            monkeypatch.setattr(ecr, name, seam.scoped_store())
        seam.refuse_missing_image_tags()
        self.ask("CreateRepository", repositoryName="slipway-local")
        return ecr

    def ask(self, operation: str, **request: Any) -> tuple[int, dict[str, Any]]:
        handler = attribute("services.ecr", "handle_request")
        headers = {"x-amz-target": f"AmazonEC2ContainerRegistry_V20150921.{operation}"}
        status, _, body = asyncio.run(handler("POST", "/", headers, json.dumps(request).encode(), {}))
        return status, json.loads(body)

    def test_a_missing_tag_is_refused(self, repository: Any) -> None:
        status, answer = self.ask(
            "DescribeImages", repositoryName="slipway-local", imageIds=[{"imageTag": "absent"}]
        )

        assert status == 400
        assert answer["__type"] == "ImageNotFoundException"
        assert "imageTag:'absent'" in answer["message"]

    def test_a_tag_that_is_there_is_described(self, repository: Any) -> None:
        self.ask("PutImage", repositoryName="slipway-local", imageTag="there", imageManifest="{}")

        status, answer = self.ask(
            "DescribeImages", repositoryName="slipway-local", imageIds=[{"imageTag": "there"}]
        )

        assert status == 200
        assert answer["imageDetails"][0]["imageTags"] == ["there"]

    def test_a_missing_repository_is_still_ministacks_own_answer(self, repository: Any) -> None:
        status, answer = self.ask("DescribeImages", repositoryName="absent", imageIds=[{"imageTag": "x"}])

        assert (status, answer["__type"]) == (400, "RepositoryNotFoundException")

    def test_without_image_ids_all_are_described(self, repository: Any) -> None:
        assert self.ask("DescribeImages", repositoryName="slipway-local") == (200, {"imageDetails": []})


def test_what_reads_boto3s_requests_to_cloudwatch_is_installed() -> None:
    """Without it ministack takes every request for an empty one and answers 200."""
    assert importlib.util.find_spec("cbor2"), "cbor2 is missing: ministack cannot read CloudWatch's protocol"


NOW = 1_800_000_030.0  # half a minute into a minute


@pytest.mark.usefixtures("untouched")
class TestAlarms:
    """What the local CloudWatch does with data, alarms, and a judge of ours."""

    @pytest.fixture
    def cloudwatch(self, seam: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        module = importlib.import_module("ministack.services.cloudwatch")
        for name in ("_metrics", "_alarms", "_alarm_history"):
            monkeypatch.setattr(module, name, seam.scoped_store())
        monkeypatch.setattr(module.time, "time", lambda: NOW)
        return module

    def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        handler = attribute("services.cloudwatch", "handle_request")
        headers = {
            "content-type": "application/json",
            "x-amz-target": f"GraniteServiceVersion20100801.{operation}",
        }
        status, _, body = asyncio.run(handler("POST", "/", headers, json.dumps(request).encode(), {}))
        assert status == 200, body
        return json.loads(body)

    def put(self, value: float, age: float = 0, endpoint: str = "one", **datum: Any) -> None:
        dimensions = [{"Name": "EndpointName", "Value": endpoint}]
        values = {"MetricName": "Errors", "Dimensions": dimensions, "Timestamp": NOW - age, "Values": [value]}
        self.ask("PutMetricData", Namespace="AWS/SageMaker", MetricData=[{**values, **datum}])

    def put_alarm(self, **alarm: Any) -> None:
        dimensions = [{"Name": "EndpointName", "Value": "one"}]
        members = {"Namespace": "AWS/SageMaker", "MetricName": "Errors", "Statistic": "Sum", "Period": 60}
        comparison = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2}
        self.ask(
            "PutMetricAlarm", **{"AlarmName": "a", "Dimensions": dimensions, **members, **comparison, **alarm}
        )

    def judged(self, seam: Any, verdict: tuple[str, str] | None = None) -> list[tuple[Any, ...]]:
        seen: list[tuple[Any, ...]] = []

        def judge(_: Any, finished: Any, unfinished: Any) -> tuple[str, str] | None:
            seen.append((finished, unfinished))
            return verdict

        seam.evaluate_alarms_with(judge, beyond=1)
        return seen

    def test_the_judge_gets_the_statistic_of_each_period(self, seam: Any, cloudwatch: Any) -> None:
        seen = self.judged(seam)
        self.put(2.0)
        self.put(3.0, age=1)
        self.put(5.0, age=60)
        self.put(7.0, age=180)
        self.put(9.0, age=240)
        self.put(100.0, endpoint="another")

        self.put_alarm()

        assert seen == [([5.0, None, 7.0], 5.0)]

    def test_its_verdict_is_the_alarms_state(self, seam: Any, cloudwatch: Any) -> None:
        self.judged(seam, ("ALARM", "It burns"))
        self.put_alarm()

        (alarm,) = self.ask("DescribeAlarms")["MetricAlarms"]

        assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "It burns")

    def test_listeners_are_told_of_a_change_in_the_alarms_scope(self, seam: Any, cloudwatch: Any) -> None:
        told: list[tuple[str, ...]] = []
        for number in (1, 2):
            seam.listen_to_alarms(
                lambda alarm, state, number=number: told.append(
                    (str(number), alarm["AlarmName"], state, seam.account())
                )
            )
        with seam.request_scope("123456789012", "eu-central-1"):
            self.put_alarm()
            self.ask("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="tried")
            self.ask("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="again")

        assert {("1", "a", "ALARM", "123456789012"), ("2", "a", "ALARM", "123456789012")} == set(told)
        assert [each[:2] for each in seam.alarms_in_alarm()] == [("123456789012", "eu-central-1")]

    def test_new_data_are_judged(self, seam: Any, cloudwatch: Any) -> None:
        seen = self.judged(seam)
        self.put_alarm()

        self.put(4.0)

        assert seen[-1] == ([None, None, None], 4.0)

    def test_alarms_of_every_region_are_judged_in_it(self, seam: Any, cloudwatch: Any) -> None:
        with seam.request_scope("123456789012", "eu-central-1"):
            self.put_alarm()
        self.judged(seam, ("OK", "Fine"))

        seam.evaluate_every_alarm()

        with seam.request_scope("123456789012", "eu-central-1"):
            assert self.ask("DescribeAlarms")["MetricAlarms"][0]["StateValue"] == "OK"

    def test_equal_values_of_a_minute_are_one_with_their_count(self, seam: Any, cloudwatch: Any) -> None:
        seam.merge_metric_values("AWS/SageMaker")
        for age in (61, 20, 10):
            self.put(3.0, age, Counts=[2])
        self.put(4.0)

        ((_, _, _, points),) = seam.every_item(cloudwatch._metrics)

        assert [(p["Value"], p["Count"], NOW - p["Timestamp"]) for p in points] == [
            (3, 2, 61),
            (3, 4, 10),
            (4, 1, 0),
        ]
