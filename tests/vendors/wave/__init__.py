"""Wave: what the vendor folder promises, against the schema, the signature and the sandbox."""
