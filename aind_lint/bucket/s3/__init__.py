"""The store in S3, or in a server that speaks its protocol."""
