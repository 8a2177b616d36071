"""Tests of what public archives demand."""
