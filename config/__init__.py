"""What the operator wrote, read and checked: hub.yaml becomes a HubConfig or a list of problems."""
