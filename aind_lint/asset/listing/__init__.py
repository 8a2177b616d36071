"""The files of an asset: keys with sizes, and a way to read bytes."""
