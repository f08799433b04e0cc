"""Reading mail: from raw bytes to what people wrote. Nothing here knows the database."""
