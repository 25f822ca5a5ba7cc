/** The client library, imported only when it is needed: loading it takes longer than starting the rest. */
export type PrometheusClient = typeof import('prom-client')
