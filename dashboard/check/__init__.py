"""The risk check without a window: `liqline check` and `liqline tiers import`."""
