"""The parameters of one run of `check`."""

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
    """The parameters of a run, which are the same for all assets.

    Attributes:
        settings: The configuration, with the options of the command line.
        profile: Which requirements apply; None chooses a profile for each asset.
        connection: Connection to S3.
        now: The time of the run.
        fast: Skip the models of the schema packages.
        cache: Use the result cache.
    """

    settings: Settings
    profile: Profile | None
    connection: Connection
    now: datetime
    fast: bool
    cache: bool

    @property
    def cache_key(self) -> str:
        """The parameters that affect a report, other than rules and selection. Runs with a bucket are not cached."""
        settings = self.settings
        return repr(
            (self.profile, self.fast, settings.zone, settings.data, settings.not_flat_buckets, settings.vocabulary)
        )
