"""Text in another script or spelling: a relative's text made to look like the target's."""
