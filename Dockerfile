# docker build -t madang .
# docker run -p 3000:3000 -v madang:/data madang

FROM docker.io/library/node:22-bookworm-slim AS node

FROM docker.io/library/rust:1.95-bookworm AS build
# The pages' scripts are built by Node, and the licences of everything are collected by both.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && mkdir /data
WORKDIR /src
COPY web/package.json web/package-lock.json web/
RUN cd web && npm ci --no-audit --no-fund --loglevel=error
COPY . .
RUN cd web && npm run --silent build
RUN cargo build --release --locked

# Nothing but libc and time zones: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12
COPY --from=build /src/target/release/madang /usr/bin/madang
# Any --user works whose folder it is; this one owns new volumes.
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/usr/bin/madang", "health"]
ENTRYPOINT ["/usr/bin/madang"]
CMD ["serve"]
