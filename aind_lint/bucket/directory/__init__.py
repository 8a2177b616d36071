"""The store in a folder on a disk or network drive."""
