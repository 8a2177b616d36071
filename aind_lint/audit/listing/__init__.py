"""What a listing or an inventory of a bucket states about its objects."""
