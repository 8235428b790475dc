"""Images in ECR."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import ecr

from local_aws.ministack_seam.scopes import account


def refuse_missing_image_tags() -> None:
    """Let ECR's DescribeImages raise ImageNotFoundException for a tag that is not there, as AWS does.

    ministack answers an empty list, whereupon the CDK CLI takes every image for pushed already.
    """
    original = ecr._describe_images

    def describe_images(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        if name in ecr._repositories:
            for image_id in data.get("imageIds") or []:
                if not ecr._find_image(name, image_id):
                    return responses.error_response_json(
                        "ImageNotFoundException",
                        f"The image with imageId {{imageDigest:'{image_id.get('imageDigest', 'null')}', "
                        f"imageTag:'{image_id.get('imageTag', 'null')}'}} does not exist within the repository "
                        f"with name '{name}' in the registry with id '{account()}'",
                    )
        return original(data)

    ecr._describe_images = describe_images


def log_in_with(password: Callable[[], str]) -> None:
    """Let the token of ECR's GetAuthorizationToken carry a password of ours, and not the same one for everybody.

    Parameters
    ----------
    password
        Makes one for the caller.
    """
    original = ecr._get_authorization_token

    def get_authorization_token(data: dict[str, Any]) -> Any:
        status, headers, body = original(data)
        answer = json.loads(body)
        for each in answer["authorizationData"]:
            each["authorizationToken"] = base64.b64encode(f"AWS:{password()}".encode()).decode()
        return status, headers, json.dumps(answer).encode()

    ecr._get_authorization_token = get_authorization_token
