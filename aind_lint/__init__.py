"""Check and publish data assets of the Allen Institute for Neural Dynamics."""

from aind_lint._version import __version__

__all__ = ["__version__"]
