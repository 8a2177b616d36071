"""What a failed request to S3 means: for a person, and for whoever may try again."""

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

from aind_lint.errors import BucketError

#: Seconds between two clocks from which on S3 refuses every request.
CLOCK_REFUSED = 15 * 60.0

#: Codes of credentials that are over. A HEAD has no body that could say so, and any other bad request would have been
#: refused at the first LIST already: it is "400".
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "400"}

_ADVICE = {
    "NoSuchBucket": "there is no such bucket",
    "404": "there is no such bucket",
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "ExpiredToken": "the credentials have expired; renew them and run the same command again",
    "InvalidToken": "the session token is not valid; renew the credentials and run the same command again",
    "RequestTimeTooSkewed": "the clock of this machine is wrong by more than 15 minutes; set it and run again",
    "PermanentRedirect": "the bucket is in another region; name it with --region",
    "301": "the bucket is in another region; name it with --region",
    "SlowDown": "the server is overloaded (503)",
    "ServiceUnavailable": "the server is overloaded (503)",
    "InternalError": "the server failed (500)",
    "ConditionalRequestConflict": "another request for the same key is under way (409)",
    "409": "another request for the same key is under way (409)",
}
_ADVICE["400"] = "the credentials have probably expired (400); renew them and run the same command again"
_ADVICE["ExpiredTokenException"] = _ADVICE["TokenRefreshRequired"] = _ADVICE["ExpiredToken"]
_DENIED = ("AccessDenied", "403", "Forbidden", "AllAccessDisabled")

#: By what is being done, the permission of S3 that it needs.
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
_BROKEN = (
    *(ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError, ProxyConnectionError),
    *(IncompleteReadError, MetadataRetrievalError, ReadTimeoutError, ResponseStreamingError, SSLError),
)
#: The operations that give credentials.
_FETCHING = {
    *("AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetSessionToken", "GetRoleCredentials"),
    *("CreateToken", "GetCredentialsForIdentity", "CreateSession"),
}
_NO_CREDENTIALS = (
    *(NoCredentialsError, PartialCredentialsError, TokenRetrievalError),
    *(UnauthorizedSSOTokenError, CredentialRetrievalError),
)


def code_of(error: Exception) -> str:
    """The code of an error of S3, such as ``NoSuchBucket``; for a HEAD the number of the status; else nothing."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def may_pass(code: str, status: int, error: Exception | None = None) -> bool:
    """Whether the same request may succeed in a moment."""
    broken = isinstance(error, _BROKEN) and not _is_untrusted(error) and not _is_impossible(error)
    return code in _TRANSIENT or status in (408, 429) or status >= 500 or broken


def _is_untrusted(error: Exception) -> TypeGuard[SSLError]:
    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _is_impossible(error: Exception) -> bool:
    """Whether there was no request at all, because something in it is nothing that HTTP can carry."""
    return isinstance(error, HTTPClientError) and isinstance(error.kwargs.get("error"), ValueError)


def meaning(code: str, verb: str, otherwise: str) -> str:
    """What an error with a code of S3 means for a person who was about to ``verb`` the bucket."""
    if code in _DENIED:
        permission = _PERMISSIONS[verb]
        return (
            f"access denied; these credentials lack the permission {permission} here, or the bucket's policy refuses "
            f"it. Ask whoever keeps the bucket for it, or use other credentials (--aws-profile)"
        )
    return _ADVICE.get(code) or otherwise


def explain(error: Exception, verb: str) -> str:
    """What a failure of boto3 means, for a person who was about to ``verb`` the bucket."""
    if isinstance(error, ClientError) and error.operation_name in _FETCHING:
        said = error.response.get("Error", {}).get("Message") or "it gives no reason"
        return public(f"the credentials cannot be had: {error.operation_name} was refused ({code_of(error)}: {said})")
    if isinstance(error, ClientError):
        if code_of(error) == "RequestTimeTooSkewed" or status_of(error) == 403:
            offset = clock_offset(error.response)
            if abs(offset) >= CLOCK_REFUSED:
                return f"{clock_text(offset)}, so the server refuses every request; set the clock and run again"
        said = f"{code_of(error)}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": ")
        return public(meaning(code_of(error), verb, said))
    if isinstance(error, _NO_CREDENTIALS):
        return "no usable AWS credentials; set AWS_PROFILE, or run 'aws sso login' or 'aws configure'"
    if _is_untrusted(error):
        reason = re.sub(r".*CERTIFICATE_VERIFY_FAILED\] (certificate verify failed: )?| \(_ssl.*", "", str(error))
        where = endpoint_text(str(error.kwargs.get("endpoint_url")))
        return (
            f"the certificate of {where} cannot be trusted ({reason}); if an authority of your own has signed it, "
            "name the file with that authority's certificate in AWS_CA_BUNDLE, or as ca_bundle in the AWS profile"
        )
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return f"{endpoint_text(str(error.kwargs.get('endpoint_url')))} does not answer"
    if isinstance(error, ProxyConnectionError):
        return f"the proxy {endpoint_text(str(error.kwargs.get('proxy_url')))} does not answer"
    if _is_impossible(error):  # whose text shows it, be it a secret
        return "the credentials, or the endpoint, hold a character that no request can carry, such as the end of a line"
    if isinstance(error, _BROKEN):
        return "the connection failed"
    return public(str(error).split("\n")[0])


def no_s3(url: str, what: str) -> BucketError:
    """What to raise when an answer is none of S3: that of a portal, a proxy, or another service."""
    return BucketError(
        f"what answers for {url} does not speak the protocol of S3 ({what}); is there a portal to log in?"
    )


def status_of(error: Exception) -> int:
    """The number of the status with which S3 answered, or 0."""
    metadata: Any = error.response.get("ResponseMetadata", {}) if isinstance(error, ClientError) else {}
    return int(metadata.get("HTTPStatusCode", 0))


def clock_offset(answer: Any) -> float:
    """Seconds by which this machine's clock is ahead of that of the server that answered; 0 if it does not say."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return (datetime.now(timezone.utc) - parsedate_to_datetime(date)).total_seconds() if date else 0.0
    except (ValueError, TypeError):
        return 0.0


def clock_text(offset: float) -> str:
    """The difference between two clocks in words."""
    seconds = abs(offset)
    amount = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"this machine's clock is {amount} {'ahead of' if offset > 0 else 'behind'} the server's"


def public(text: str) -> str:
    """A text in which of every address no more is left than scheme and host: the rest may hold what nobody may see."""
    return re.sub(r"((?:\b\w+:)?//)(?:[^/\s?#\"']*@)?([^/\s?#\"']*)[^\s\"',)]*", r"\1\2", text)


def endpoint_text(url: str) -> str:
    """Scheme and host of an endpoint."""
    where = urlsplit(url)
    return f"{where.scheme}://{where.netloc.rpartition('@')[2]}"
