"""Upload manifests, and previews of the uploads that they describe."""
