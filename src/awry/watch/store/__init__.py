"""What is kept: database, media, bundles, and how both sides stay consistent."""
