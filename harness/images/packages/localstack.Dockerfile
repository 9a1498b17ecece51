# stint/localstack: Amazon's DynamoDB Local on LocalStack's port, for hosts that cannot pull LocalStack. It is not LocalStack.
#
# PyPI's localstack-core 4.14 installs from packages, but its DynamoDB is DynamoDB Local with an agent of LocalStack's own, and
# both are downloaded at the first use from hosts that are no package registry. So this image starts DynamoDB Local itself,
# as the npm package amplify-dynamodb-simulator carries it, and says "Ready." as LocalStack does when it answers.
ARG BASE=stint/debian:bookworm
FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends openjdk-17-jre-headless curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /opt/dynamodb localstack
COPY dynamodb /opt/dynamodb
COPY packages/localstack-entrypoint /usr/local/bin/docker-entrypoint.sh
USER localstack
WORKDIR /opt/dynamodb
EXPOSE 4566
ENTRYPOINT ["docker-entrypoint.sh"]
