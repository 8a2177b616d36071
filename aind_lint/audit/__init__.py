"""The audit of a whole bucket: the listing of every key, set logic over it, and the state between two audits."""
