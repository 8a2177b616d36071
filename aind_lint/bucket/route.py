"""The way of requests to an endpoint, certificates and proxy, as boto3 users know it, and the same for both clients."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from botocore.utils import get_environ_proxies

from aind_lint.errors import UsageError

if TYPE_CHECKING:
    from botocore.session import Session


class Route:
    """Certificates and proxy of one session of boto3. Certificates are always verified; nothing switches that off.

    Attributes:
        verify: What boto3 verifies certificates with: a file of authorities, or True for those it brings along.
    """

    def __init__(self, session: Session) -> None:
        """Raises UsageError when the file of authorities cannot be used."""
        # An empty AWS_CA_BUNDLE would make boto3 verify nothing.
        self.verify: str | bool = session.get_config_variable("ca_bundle") or True
        self._authorities = b""
        if isinstance(self.verify, str):
            try:
                self._authorities = Path(self.verify).read_bytes()
                ssl.create_default_context(cafile=self.verify)
            except OSError as error:  # of ssl too
                reason = (
                    "holds no certificate" if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"
                )
                raise UsageError(f"{self.verify}, which AWS_CA_BUNDLE or the AWS profile names, {reason}") from None

    def options(self, endpoint: str) -> dict[str, str]:
        """What obstore has to be told to reach ``endpoint`` as boto3 does, as `Target` calls it."""
        options = {"certificates": self._authorities.decode("latin-1")}
        where = urlsplit(endpoint)
        if proxy := get_environ_proxies(endpoint).get(where.scheme):
            options["proxy"] = proxy if "://" in proxy else f"http://{proxy.lstrip('/')}"
        elif proxies := getproxies():
            # A proxy is known, and boto3 does not go there with this address.
            options["proxy"] = next(iter(proxies.values()))
            options["proxy_excludes"] = where.hostname or ""
        return options
