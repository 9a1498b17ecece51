# stint/postgres: Debian's PostgreSQL behind the official image's environment (POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB).
ARG BASE=stint/debian:bookworm
FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
COPY packages/postgres-entrypoint /usr/local/bin/docker-entrypoint.sh
RUN install --directory --owner=postgres --group=postgres --mode=0700 "$PGDATA"
USER postgres
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
