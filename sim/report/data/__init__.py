"""A comparison for other programs: JSON, CSV, Parquet, folders."""
