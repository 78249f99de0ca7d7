"""A host with a site of its own, where it has put our mixins on classes that have ideas of their own."""
