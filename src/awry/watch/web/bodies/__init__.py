"""What the API takes and gives, as OpenAPI describes it; times are seconds since 1970 UTC."""
