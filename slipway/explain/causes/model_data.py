"""The model's data are not in S3, may not be read, or are no tarball."""

from __future__ import annotations

import re

from slipway.explain.causes.matching import Match, first_match
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding
from slipway.explain.where import deploy_command

# Sources: SageMaker API, CreateModel; texts of AWS as in github.com/philschmid/llm-sagemaker-sample, issue 2, and
# in github.com/aws-samples/cvat-on-aws-china, issue 3.
_NO_ACCESS = re.compile(
    r"Could not (?:access|find) model data (?:at|for container \S+ at) (?P<url>s3://\S+?)[.,]?\s"
    r"(?:.*?role \"(?P<role>[^\"]+)\")?",
    re.DOTALL,
)
_DOWNLOAD = re.compile(
    r"Failed to download model data (?:for container \S+ )?from (?:URL:? )?\"?(?P<url>s3://[^\s\"]+?)\"?[:.]?\s"
)
_EXTRACT = re.compile(
    r"Failed to extract model data archive.*? URL \"?(?P<url>s3://[^\s\"]+?)\"?[.:]?\s", re.DOTALL
)


def model_data_missing(evidence: Evidence) -> Finding | None:
    """Find data that are not in S3."""
    match = first_match(evidence.said, _NO_ACCESS, _DOWNLOAD)
    if match is None or evidence.model_data.get(_url(match)) is not False:
        return None
    given = any(one.model_data for one in evidence.subject.settings.all_variants)
    return Finding(
        "model-data-missing",
        f"The model data are not in S3: there is no {_url(match)}",
        (match.quote,),
        f"Put them there, or mend model_data in environments/{evidence.subject.environment}.yaml; the bucket has "
        f"to be in {evidence.subject.region}"
        if given
        else "Somebody deleted them. Deploy again, which publishes the package anew: "
        + deploy_command(evidence.subject),
    )


def model_data_not_readable(evidence: Evidence) -> Finding | None:
    """Find data that the execution role may not read."""
    match = first_match(evidence.said, _NO_ACCESS)
    if match is None:
        return None
    url = _url(match)
    role = match.groups["role"] or "the execution role"
    known = ", which is there," if evidence.model_data.get(url) else ""
    return _not_readable(evidence, match, f"Access denied: SageMaker may not read {url}{known} as {role}")


def model_data_not_downloaded(evidence: Evidence) -> Finding | None:
    """Find data that could not be downloaded, where SageMaker does not tell what was denied."""
    match = first_match(evidence.said, _DOWNLOAD)
    if match is None:
        return None
    url, role = _url(match), "the execution role"
    if evidence.model_data.get(url):
        return _not_readable(
            evidence,
            match,
            f"SageMaker could not download {url}, which is there, as {role}: most likely access denied",
        )
    return _not_readable(
        evidence, match, f"SageMaker could not download {url}: it is not there, or {role} may not read it"
    )


def _not_readable(evidence: Evidence, match: Match, summary: str) -> Finding:
    bucket, _, key = _url(match).removeprefix("s3://").partition("/")
    return Finding(
        "model-data-not-readable",
        summary,
        (match.quote,),
        f"Allow the role s3:GetObject on arn:aws:s3:::{bucket}/{key}{'*' if key.endswith('/') else ''}, let it "
        "trust sagemaker.amazonaws.com, and look for a bucket policy or a KMS key that refuses it; the bucket has "
        f"to be in {evidence.subject.region}",
    )


def model_archive_broken(evidence: Evidence) -> Finding | None:
    """Find data that are no tarball, or too large for the disk."""
    match = first_match(evidence.said, _EXTRACT)
    if match is None:
        return None
    is_large = "too large" in match.quote.text
    return Finding(
        "model-archive-broken",
        f"SageMaker could not unpack {_url(match)}"
        + (": it is too large for the disk" if is_large else ": it is no whole tar.gz archive"),
        (match.quote,),
        "Make the package smaller, or raise volume_size_in_gb"
        if is_large
        else "Delete the object and deploy again, which uploads the package anew; a tarball of your own has to be "
        "made with tar -czf, with model and code/ at its top",
    )


def _url(match: Match) -> str:
    return match.groups["url"]
