"""The metadata sheet of the Brain Image Library (BIL)."""
