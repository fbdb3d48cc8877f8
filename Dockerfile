# A Holdfast server on any machine with a container engine. Build and run: docs/guides/deployment.md.

FROM node:24-slim AS build
WORKDIR /build
COPY . .
RUN npm ci --no-audit --no-fund \
  && npm pack --pack-destination /tmp \
  && npm install --prefix /opt/holdfast --no-audit --no-fund /tmp/holdfast-*.tgz

FROM node:24-slim
# Other languages than English are spoken by espeak-ng.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates espeak-ng \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 0700 /var/lib/holdfast \
  && install -d /etc/holdfast \
  && ln -s /opt/holdfast/node_modules/holdfast/bin/holdfast.cjs /usr/local/bin/holdfast
COPY --from=build /opt/holdfast /opt/holdfast
ENV NODE_ENV=production HOLDFAST_DATA=/var/lib/holdfast
# holdfast.yaml is read from here when there is one.
WORKDIR /etc/holdfast
USER node
VOLUME /var/lib/holdfast
# HTTP; SIP; RTP. With the host's network, which calls need, these lines only say what is used.
EXPOSE 8080/tcp
EXPOSE 5060/udp 5060/tcp
EXPOSE 20000-29999/udp
STOPSIGNAL SIGTERM
# Alive, not ready: a server that waits for its disk must not be ended. HEALTH_URL where it does not listen on loopback, or on another port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch((process.env.HEALTH_URL ?? 'http://127.0.0.1:8080') + '/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The server itself is process 1: it gets the signals.
ENTRYPOINT ["holdfast"]
CMD ["start"]
