"""The requests of an audit to S3, and their price."""

from __future__ import annotations

from aind_lint.audit.run_facts import RunFacts

#: Dollars of one request in us-west-2 (2026): LIST and PUT; GET and HEAD.
LIST_PRICE, GET_PRICE = 0.005 / 1000, 0.0004 / 1000


class RequestCosts:
    """Counts requests in the facts of a run."""

    def __init__(self, run_facts: RunFacts, uses_s3: bool) -> None:
        """Count in ``run_facts``; nothing is counted of an audit that does not use S3."""
        self._run_facts = run_facts
        self._uses_s3 = uses_s3
        self._dollars = 0.0  # not rounded: one request costs less than the last digit in the facts

    def add(self, requests: int, downloaded_bytes: int, price: float) -> None:
        """Add requests with what they downloaded, at a price for each of them."""
        if self._uses_s3:
            self._run_facts.requests += requests
            self._run_facts.downloaded_bytes += downloaded_bytes
            self._dollars += requests * price
            self._run_facts.dollars = round(self._dollars, 4)
