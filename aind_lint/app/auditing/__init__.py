"""`audit`: judges every asset of a bucket, and compares the bucket with the last audit."""
