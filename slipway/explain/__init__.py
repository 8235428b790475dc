"""Why an endpoint is not in service or fails: what AWS knows of it (`sources`), and what that means (`causes`)."""
