"""What is the same for all assets of one run of `check`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aind_lint.bucket.address import Connection
from aind_lint.config.settings import Settings

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule import Profile


@dataclass(frozen=True)
class CheckRequest:
    """What is the same for all assets of a run.

    Attributes:
        settings: The configuration, with what the command line says instead.
        profile: Which demands apply; chosen for every asset when None.
        connection: How to reach S3.
        now: The moment of the run.
        fast: Leave out the models of the schema packages.
        cache: Whether to use the cache.
    """

    settings: Settings
    profile: Profile | None
    connection: Connection
    now: datetime
    fast: bool
    cache: bool

    @property
    def circumstances(self) -> str:
        """Everything here that a report rests on, beside rules and selection; there is no cache with a bucket."""
        settings = self.settings
        return repr(
            (self.profile, self.fast, settings.zone, settings.data, settings.not_flat_buckets, settings.vocabulary)
        )
