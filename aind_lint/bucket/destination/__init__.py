"""What a destination holds of an asset, and how that differs from what is published."""
