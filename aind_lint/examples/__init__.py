"""Complete valid assets, and edits of them: what rules are documented and tested with, and what the demo publishes."""
