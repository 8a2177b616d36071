"""What a failed S3 request means, for messages and for retries."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from aind_lint.bucket.s3.unexpected_responses import region_in
from aind_lint.errors import BucketError, UnsupportedServerError
from aind_lint.text.characters import one_line

#: Difference between two clocks, in seconds, from which on S3 refuses every request.
MAX_CLOCK_OFFSET = 15 * 60.0

#: Error codes of expired credentials. The response to a HEAD has no body, so its code is only "400"; a request that is
#: bad for another reason would have failed at the first LIST.
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "400"}

_ADVICE = {
    "NoSuchBucket": "there is no such bucket",
    "404": "there is no such bucket",
    "InvalidAccessKeyId": "the server does not know the access key",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "ExpiredToken": "the credentials have expired; renew them and run the same command again",
    "InvalidToken": "the session token is not valid; renew the credentials and run the same command again",
    "RequestTimeTooSkewed": "the clock of this machine is wrong by more than 15 minutes; set it and run again",
    "InvalidObjectState": "the object is archived; restore it in S3, then run the same command again",
    "RequestedRangeNotSatisfiable": "the object changed while it was read",
    "SlowDown": "the server is overloaded (503)",
    "ServiceUnavailable": "the server is overloaded (503)",
    "InternalError": "the server failed (500)",
    "ConditionalRequestConflict": "another request for the same key is in progress (409)",
    "409": "another request for the same key is in progress (409)",
}
_ADVICE["400"] = "the credentials have probably expired (400); renew them and run the same command again"
_ADVICE["ExpiredTokenException"] = _ADVICE["TokenRefreshRequired"] = _ADVICE["ExpiredToken"]
#: The bucket is in another region than that of the request.
_OTHER_REGION = (
    *("PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed"),
    *("IllegalLocationConstraintException", "301", "307"),
)
_ACCESS_DENIED = ("AccessDenied", "403", "Forbidden", "AllAccessDisabled")

#: Messages of a server that refuses a request without a reason.
_NO_REASONS = ("", "access denied", "accessdenied", "forbidden", "403", "the server answered 403")

#: Characters of a server's message that are shown: a policy's reason names a user, an action and a key.
_MAX_SERVER_MESSAGE = 500

#: The permission of S3 that each activity needs.
_PERMISSIONS = {
    "list": "s3:ListBucket",
    "look at": "s3:GetObject",
    "read": "s3:GetObject",
    "write": "s3:PutObject",
    "remove from": "s3:DeleteObject",
    "list uploads in": "s3:ListBucketMultipartUploads",
    "list parts in": "s3:ListMultipartUploadParts",
    "abort an upload to": "s3:AbortMultipartUpload",
}

_TRANSIENT = {
    *("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException"),
    *("ConditionalRequestConflict", "OperationAborted", "409", "BadDigest", "IncompleteBody"),
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
    *("RequestLimitExceeded", "BandwidthLimitExceeded", "PriorRequestNotComplete", "TransactionInProgressException"),
    *("XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "InvalidChecksum"),
}
_CONNECTION_ERRORS = (
    *(ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError, ProxyConnectionError),
    *(IncompleteReadError, MetadataRetrievalError, ReadTimeoutError, ResponseStreamingError, SSLError),
)
#: The operations that return credentials.
_CREDENTIAL_OPERATIONS = {
    *("AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetSessionToken", "GetRoleCredentials"),
    *("CreateToken", "GetCredentialsForIdentity", "CreateSession"),
}
_NO_CREDENTIALS = (
    *(NoCredentialsError, PartialCredentialsError, TokenRetrievalError),
    *(UnauthorizedSSOTokenError, CredentialRetrievalError),
)


#: Statuses of requests that a server will never carry out: Not Implemented, HTTP Version Not Supported.
_UNSUPPORTED = (501, 505)


def code_of(error: Exception) -> str:
    """The error code of S3, such as ``NoSuchBucket``; for a HEAD the HTTP status; empty for other errors."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_transient(code: str, status: int, error: Exception | None = None) -> bool:
    """Whether the same request may succeed later."""
    broken = isinstance(error, _CONNECTION_ERRORS) and not _is_untrusted(error) and not _is_invalid_request(error)
    return code in _TRANSIENT or status in (408, 429) or (status >= 500 and status not in _UNSUPPORTED) or broken


def _is_untrusted(error: Exception) -> TypeGuard[SSLError]:
    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _is_invalid_request(error: Exception) -> bool:
    """Whether no request was made, because a value contains a character that HTTP forbids."""
    return isinstance(error, HTTPClientError) and isinstance(error.kwargs.get("error"), ValueError)


def explain_code(code: str, action: str, message: str, region: str = "") -> str:
    """What an error code of S3 means for a user who was about to ``action`` the bucket.

    Args:
        code: The code.
        action: What was being done.
        message: What the server wrote about it.
        region: The region of the bucket, if the server named it.
    """
    if code in _OTHER_REGION:
        where = f"region {region}; add --region {region}" if region else "another region; name it with --region"
        return f"the bucket is in {where}"
    if code in _ACCESS_DENIED:
        if message.casefold().rstrip(".") not in _NO_REASONS:
            return (
                f"access denied: {message.rstrip('.')}. Ask the bucket owner for the permission, or use other "
                "credentials (--aws-profile)"
            )
        return (
            f"access denied; these credentials lack the permission {_PERMISSIONS[action]} here, or the bucket's policy "
            "refuses it. Ask the bucket owner for it, or use other credentials (--aws-profile)"
        )
    return _ADVICE.get(code) or (message if code in message else f"{code}: {message}".rstrip(": "))


def _region_of(error: ClientError) -> str:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    about: Any = error.response.get("Error", {})
    return region_in(headers.get("x-amz-bucket-region", ""), about.get("Region", ""), about.get("Endpoint", ""))


def explain(error: Exception, action: str) -> str:
    """What a failure of boto3 means for a user who was about to ``action`` the bucket."""
    if isinstance(error, ClientError) and error.operation_name in _CREDENTIAL_OPERATIONS:
        message = error.response.get("Error", {}).get("Message") or "no reason given"
        return redact_urls(f"no credentials: {error.operation_name} was refused ({code_of(error)}: {message})")
    if isinstance(error, ClientError):
        if code_of(error) == "RequestTimeTooSkewed" or status_of(error) == 403:
            offset = clock_offset(error.response)
            if abs(offset) >= MAX_CLOCK_OFFSET:
                return (
                    f"{describe_clock_offset(offset)}, so the server refuses every request; set the clock and run again"
                )
        message = one_line(str(error.response.get("Error", {}).get("Message", "")), _MAX_SERVER_MESSAGE)
        return redact_urls(explain_code(code_of(error), action, message, _region_of(error)))
    if isinstance(error, _NO_CREDENTIALS):
        return "no usable AWS credentials; set AWS_PROFILE, or run 'aws sso login' or 'aws configure'"
    if _is_untrusted(error):
        reason = re.sub(r".*CERTIFICATE_VERIFY_FAILED\] (certificate verify failed: )?| \(_ssl.*", "", str(error))
        where = endpoint_text(str(error.kwargs.get("endpoint_url")))
        return (
            f"the certificate of {where} is not trusted ({reason}); if your own authority signed it, set "
            "AWS_CA_BUNDLE, or ca_bundle in the AWS profile, to the file with that authority's certificate"
        )
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return f"{endpoint_text(str(error.kwargs.get('endpoint_url')))} does not answer"
    if isinstance(error, ProxyConnectionError):
        return f"the proxy {endpoint_text(str(error.kwargs.get('proxy_url')))} is not responding"
    if _is_invalid_request(error):  # the text of the error may show a secret
        return "the credentials or the endpoint contain a character that HTTP forbids, such as a line break"
    if isinstance(error, _CONNECTION_ERRORS):
        return "the connection failed"
    return redact_urls(one_line(str(error)))


def not_s3_error(url: str, what: str) -> BucketError:
    """The error to raise for a response that is not one of S3, but of a login portal, a proxy or another service."""
    return BucketError(
        f"the server of {url} does not answer as S3 does ({what}); check the endpoint, and whether the network "
        "requires a login"
    )


def refused_condition_error(url: str, error: ClientError) -> UnsupportedServerError:
    """The error to raise when a server refuses a write with a condition and without a checksum."""
    found = error.response.get("Error", {})
    answer = redact_urls(one_line(": ".join(filter(None, (code_of(error), found.get("Message"))))))
    return UnsupportedServerError(
        f"the server of {url} refuses a write with If-None-Match ({answer}). Without this condition two publications "
        "can overwrite each other, so aind-lint does not publish to it. The page Servers of the documentation lists "
        "servers that work"
    )


def require_etag(response: Any, url: str, request: str) -> str:
    """The ETag of a response, without quotes.

    A write counts only with an ETag: login portals and proxies answer 200 with a page of HTML.

    Raises:
        BucketError: The response has none.
    """
    if not (etag := bare_etag(response.get("ETag"))):
        raise not_s3_error(url, f"the response to a {request} is not an S3 response: it has no ETag")
    return etag


def bare_etag(value: object) -> str | None:
    """The value of an ETag without its quotes; None for a value that is not an ETag."""
    return value.strip('"') or None if isinstance(value, str) else None


def status_of(error: Exception) -> int:
    """The HTTP status of an error response, or 0."""
    metadata: Any = error.response.get("ResponseMetadata", {}) if isinstance(error, ClientError) else {}
    return int(metadata.get("HTTPStatusCode", 0))


def clock_offset(response: Any) -> float:
    """Seconds by which this machine's clock is ahead of the server's; 0 if the response has no date."""
    date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return (datetime.now(timezone.utc) - parsedate_to_datetime(date)).total_seconds() if date else 0.0
    except (ValueError, TypeError):
        return 0.0


def describe_clock_offset(offset: float) -> str:
    """The difference between the clocks in words."""
    seconds = abs(offset)
    amount = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"this machine's clock is {amount} {'ahead of' if offset > 0 else 'behind'} the server's"


def redact_urls(text: str) -> str:
    """The text with every address shortened to scheme and host: the rest may contain secrets."""
    return re.sub(r"((?:\b\w+:)?//)(?:[^/\s?#\"']*@)?([^/\s?#\"']*)[^\s\"',)]*", r"\1\2", text)


def endpoint_text(url: str) -> str:
    """Scheme and host of an endpoint."""
    where = urlsplit(url)
    return f"{where.scheme}://{where.netloc.rpartition('@')[2]}"
