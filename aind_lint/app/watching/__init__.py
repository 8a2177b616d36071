"""The acquisition rig: finished assets are noticed, published, and put on record, without anybody at the keyboard."""
