"""What a publication costs, at the list prices of S3 Standard in us-west-2."""

from __future__ import annotations

from aind_lint.publication.receipt import Receipt

#: US dollars: for a write request, and for a GB (2**30 bytes) in a month of the first 50 TB.
_REQUEST, _GIB_MONTH = 0.005 / 1000, 0.023

#: Claim, manifest, decision; a look, two listings.
_CONTROL_REQUESTS, _LISTED_AT_ONCE = 8, 1000


def cost_text(receipt: Receipt) -> str:
    """The requests of a planned publication and the room that it takes, with their prices."""
    requests = receipt.requests + _CONTROL_REQUESTS + 2 * (receipt.files // _LISTED_AT_ONCE)
    money = f"{requests * _REQUEST:,.2f}" if requests * _REQUEST >= 0.01 else "less than 0.01"
    month = receipt.size / 2**30 * _GIB_MONTH
    monthly = f"{month:,.2f}" if month >= 0.01 else "less than 0.01"
    return (
        f"about {requests:,} requests ({money} USD) and {monthly} USD a month for storage, at the prices of S3 Standard"
    )
