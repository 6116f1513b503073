"""One file a schema; `schema.REVISIONS` lists them."""
