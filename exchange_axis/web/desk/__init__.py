"""The clerk's desk: pages served by the node, for a browser on the agency's own machine or network."""
