"""Reports: figures and documents, on a terminal and as pages."""
