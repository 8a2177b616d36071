"""What a listing or an inventory of a bucket says of its objects."""
