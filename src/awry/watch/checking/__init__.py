"""A site is tried before it runs: settings, cameras, bundles, store, ports, broker, load."""
