"""Publishing in two phases: everything is checked, then the asset is written once and for good."""
