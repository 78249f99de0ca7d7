"""The imports that docs/migrating/ prints, run over rows nastier than those of its pages."""
