"""TLS certificates and the proxy, as boto3 finds them, and the same for boto3 and libcurl."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from aind_lint.errors import UsageError, os_error_reason

if TYPE_CHECKING:
    from botocore.session import Session


class ConnectionSettings:
    """Certificates and proxy of one session of boto3. Certificates are always verified.

    Attributes:
        verify: What boto3 verifies certificates with: a file of certificate authorities, or True for the included ones.
    """

    def __init__(self, session: Session) -> None:
        """Raises UsageError if the file of certificate authorities cannot be used."""
        # An empty AWS_CA_BUNDLE would make boto3 verify nothing.
        self.verify: str | bool = session.get_config_variable("ca_bundle") or True
        if isinstance(self.verify, str):
            try:
                ssl.create_default_context(cafile=self.verify)
            except OSError as error:  # the base class of SSLError too
                unreadable = f"cannot be read: {os_error_reason(error)}"
                reason = "contains no certificate" if isinstance(error, ssl.SSLError) else unreadable
                raise UsageError(f"{self.verify}, which AWS_CA_BUNDLE or the AWS profile names, {reason}") from None

    @property
    def authorities(self) -> str:
        """The file of certificate authorities that `verify` means."""
        return self.verify if isinstance(self.verify, str) else str(get_cert_path(True))

    @staticmethod
    def proxy(url: str) -> str:
        """The proxy that boto3 uses for an address; empty for none."""
        proxy: str = get_environ_proxies(url).get(urlsplit(url).scheme, "")
        return proxy if "://" in proxy or not proxy else f"http://{proxy.lstrip('/')}"
