"""Preview: some documents before and after."""
