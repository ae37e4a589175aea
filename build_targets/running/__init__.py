"""Starting what was built, and reading what it leaves."""
