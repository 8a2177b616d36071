"""Upload manifests, and what an upload of their files would produce."""
