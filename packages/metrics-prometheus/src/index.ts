export {
  prometheusMetrics,
  type PrometheusMetrics,
  type PrometheusMetricsOptions,
  type Vitals,
} from './prometheus-metrics.ts'
