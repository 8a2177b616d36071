"""Complete valid assets, which rules are documented and tested with and the demo publishes."""
