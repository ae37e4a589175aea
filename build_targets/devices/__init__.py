"""Our variants of Brian2's standalone devices; they know no model."""
