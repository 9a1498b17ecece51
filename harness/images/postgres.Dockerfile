# The image of the containers stack; the harness reads its name from here. STINT_POSTGRES_IMAGE names another.
FROM postgres:18.4
