# The image of the containers stack; the harness reads its name from here. STINT_LOCALSTACK_IMAGE names another.
# 4.14.0 is the last one that starts without LOCALSTACK_AUTH_TOKEN.
FROM localstack/localstack:4.14.0
