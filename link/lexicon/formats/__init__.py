"""One file a format. A reader turns a file's bytes into rows; hygiene is done on rows."""
