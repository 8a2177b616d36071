"""What public archives demand of data: DANDI of physiology, BIL of microscopy."""
