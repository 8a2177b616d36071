"""Watches a folder, such as on an acquisition rig, and publishes its finished assets unattended."""
