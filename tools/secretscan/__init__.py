"""The secret scan: what of a site's secrets is where, on its controller and its nodes."""
