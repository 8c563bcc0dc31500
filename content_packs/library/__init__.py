"""The bundled courses, as readable sources (CC BY 4.0)."""
