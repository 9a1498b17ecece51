# The image of all jobs and of the admin. `npm run image` builds it; deploy/image/ has what goes into it, and its tests.
#
#   docker run … stint:<commit> task.js <job>      one run of a job, from the environment, as `node deploy/task.ts <job>`
#   docker run … stint:<commit> admin.js           the admin, as `node deploy/admin/server.ts`
#
# It needs nothing to write on but /tmp, and runs as 65532, who owns no file of it.
#
# The base is an argument. To pin it: NODE_IMAGE=public.ecr.aws/docker/library/node:24-slim@sha256:<digest>, where the digest is that of
#   docker buildx imagetools inspect public.ecr.aws/docker/library/node:24-slim
# Without a registry: harness/images/build makes stint/node from packages, and NODE_IMAGE=stint/node.
ARG NODE_IMAGE=public.ecr.aws/docker/library/node:24-slim

FROM ${NODE_IMAGE} AS build
# For a registry behind a certificate of one's own; the path is one in the base image.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY sdk/package.json sdk/
COPY jobs/package.json jobs/
COPY harness/package.json harness/
COPY deploy/package.json deploy/
COPY deploy/image/package.json deploy/image/
# No script of a package is run, and what is for development or for the harness is not installed.
RUN npm ci --ignore-scripts --omit=dev --workspace sdk --workspace jobs --workspace deploy --workspace deploy/image
COPY sdk sdk
COPY jobs jobs
COPY deploy deploy
RUN node deploy/image/main.ts /app && mkdir /app/compile-cache && chown 65532:65532 /app/compile-cache
# The cache is known by who runs: it is made by the same user. A start with it takes two thirds of the time.
USER 65532:65532
RUN node deploy/image/warm-up.ts /app
USER 0:0
RUN chown --recursive 0:0 /app/compile-cache && chmod --recursive a+rX /app/compile-cache

FROM ${NODE_IMAGE}
COPY --from=build /app /app
WORKDIR /app
ARG STINT_COMMIT=unknown
ARG STINT_IMAGE=unknown
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compile-cache STINT_COMMIT=${STINT_COMMIT} STINT_IMAGE=${STINT_IMAGE}
LABEL org.opencontainers.image.title=stint \
      org.opencontainers.image.description="Scheduled batch jobs, one process a run, and their admin" \
      org.opencontainers.image.revision=${STINT_COMMIT} \
      org.opencontainers.image.ref.name=${STINT_IMAGE} \
      org.opencontainers.image.licenses=MIT
USER 65532:65532
# Node itself, and no shell: signals reach it.
ENTRYPOINT ["node"]
CMD ["task.js"]
