# stint/node: Node as the npm package `node` carries it, with npm, for hosts that cannot pull the official image.
ARG BASE=stint/debian:bookworm
FROM ${BASE}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
# The certificates of the host that builds it: its registry may be behind one of them.
COPY certificates /etc/ssl/certs
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
