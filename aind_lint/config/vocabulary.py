"""``[vocabulary]`` of a configuration: the words that another laboratory adds, and the buckets where they count."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from aind_lint.bucket.address import Connection, bucket_of

if TYPE_CHECKING:
    from aind_lint.asset.naming.vocabulary import Vocabulary

#: Matches hosts of access points.
_ACCESS_POINT_HOST = r"accesspoint|s3-object-lambda|-s3alias|--ol-s3|\.mrap\b"


class AddedVocabulary(NamedTuple):
    """Words that a configuration adds to the vocabulary.

    Attributes:
        prefixes: Prefixes of asset names.
        modalities: Names of modality folders.
        labels: Labels of derived assets, which also name folders of results.
        buckets: Addresses, ``s3://name``, of the buckets to which assets with these words may be published.
        public_buckets: Addresses of buckets that everybody can read.
    """

    prefixes: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    public_buckets: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """All words."""
        return self.prefixes + self.modalities + self.labels

    def extend(self) -> Vocabulary:
        """The institute's vocabulary with these words."""
        from aind_lint.asset.naming.vocabulary import VOCABULARY

        return VOCABULARY.extended(self.prefixes, self.modalities, self.labels)

    def applies_to(self, destination: str, connection: Connection) -> bool:
        """Whether assets with these words may be published to a destination.

        The destination must name one of the buckets exactly; an access point or its alias could stand for any bucket.
        """
        if bucket_of(destination) not in self.buckets:
            return False
        endpoint = (
            connection.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        )
        return not (endpoint and re.search(_ACCESS_POINT_HOST, endpoint))
