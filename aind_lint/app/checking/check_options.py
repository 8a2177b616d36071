"""What a check takes: options and callbacks, and the parameters that every asset of a run shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from aind_lint.bucket.address import Connection
from aind_lint.config.settings import Settings

if TYPE_CHECKING:
    from aind_lint.asset.listing.folder_scan import OnListed
    from aind_lint.engine.rules.rule import Profile, PublicArchive
    from aind_lint.formats.read_budget import Contents
    from aind_lint.publication.progress import OnBytes


class CheckOptions(NamedTuple):
    """What a user can choose, other than settings; the parameters of `check` describe each option."""

    profile: Profile | None = None
    from_files: bool = False
    allow_empty: bool = False
    fast: bool = False
    contents: Contents = "sample"
    for_archive: PublicArchive | None = None
    jobs: int = 1
    cache: bool = True
    connection: Connection = Connection()


class CheckCallbacks(NamedTuple):
    """What is called during a check; the parameters of `check` describe each callback."""

    on_listed: OnListed | None = None
    on_hashed: OnBytes | None = None
    on_checked: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class CheckParameters:
    """The parameters of a run, which are the same for all assets and all processes.

    Attributes:
        settings: The configuration, with the options of the command line.
        options: The other options.
        now: The time of the run.
    """

    settings: Settings
    options: CheckOptions
    now: datetime

    @cached_property  # for every asset of a run
    def cache_key(self) -> str:
        """The parameters that affect a report, other than rules and selection. Runs with a bucket are not cached."""
        settings, options = self.settings, self.options
        return repr(
            (
                options.profile,
                options.fast,
                options.contents,
                options.for_archive,
                settings.zone,
                settings.data,
                settings.not_flat_buckets,
                settings.vocabulary,
                find_spec("h5py") is not None,  # with it, more can be checked
            )
        )
