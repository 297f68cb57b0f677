"""The built-in sample: tables of facts and sentence patterns, and what turns them into a dump."""
