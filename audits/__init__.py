"""What was found, and the rules it was judged by."""
