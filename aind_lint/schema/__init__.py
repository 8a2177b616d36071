"""Is a sidecar valid for the version it declares?"""
