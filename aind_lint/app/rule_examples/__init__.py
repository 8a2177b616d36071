"""The examples of rules: the assets that they describe, what a rule reports about them, and how both are shown."""
