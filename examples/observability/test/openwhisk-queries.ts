/**
 * What the three dashboards of OpenWhisk's user-events service ask of Prometheus, by metric and shape: the panels of
 * "Action Performance Metrics", "Global Metrics" and "Top Namespaces", and the queries that fill their variables.
 * `$time` stands for the ranges that Grafana puts in.
 */

/** The labels by which "Action Performance Metrics" chooses; a scrape has `region` and `stack` only where one adds them. */
const CHOSEN = ['region', 'stack', 'namespace', 'action', 'initiator'] as const

function chosen(...more: string[]): string {
  return `{${[...CHOSEN.map((label) => `${label}=~"$${label}"`), ...more].join(',')}}`
}

function increase(metric: string, labels = ''): string {
  return `sum(increase(${metric}${labels}[$time]))`
}

function mean(metric: string, labels = '', factor = ''): string {
  return `rate(${metric}_sum${labels}[$time])${factor} / rate(${metric}_count${labels}[$time])`
}

const ACTIVATIONS = 'openwhisk_action_activations_total'
const STATUS = 'openwhisk_action_status'
const COLD = 'openwhisk_action_coldStarts_total'
const WAIT = 'openwhisk_action_waitTime_seconds'
const INIT = 'openwhisk_action_initTime_seconds'
const DURATION = 'openwhisk_action_duration_seconds'
const SIZE = 'openwhisk_action_response_size_bytes'
const STARTS = 'counter_invoker_containerStart_counter_total'
const IN_MS = ' * 1000'

/** Where two sides of a quotient choose by different labels, as the dashboard does. */
const withoutInitiator = chosen().replace(',initiator=~"$initiator"', '')

function longest(metric: string): string {
  return `max(rate(${metric}_sum${chosen()}[$time]) / rate(${metric}_count${withoutInitiator}[$time]) > 0)`
}

export const ACTION_PERFORMANCE: Readonly<Record<string, string>> = {
  'total activations': increase(ACTIVATIONS, chosen()),
  'successful activations': increase(STATUS, chosen('status="success"')),
  'development errors': increase(STATUS, chosen('status=~"application_error|action_developer_error"')),
  'system errors': increase(STATUS, chosen('status=~"whisk_internal_error"')),
  'cold starts': increase(COLD, chosen()),
  'success rate': `${increase(STATUS, chosen('status="success"'))} * 100 / ${increase(STATUS, withoutInitiator)}`,
  'longest duration': longest(DURATION),
  'longest wait': longest(WAIT),
  memory: `openwhisk_action_memory${chosen()}`,
  activations: `${increase(ACTIVATIONS, chosen())} by (action)`,
  successes: `${increase(STATUS, chosen('status="success"'))} by (action)`,
  errors: `${increase(STATUS, chosen('status!="success"'))} by (action,status)`,
  'response size': mean(SIZE, chosen()),
  'status codes': `${increase('openwhisk_action_status_code', chosen('status!="success"'))} by (action,status_code)`,
  duration: mean(DURATION, chosen(), IN_MS),
  initialisation: mean(INIT, chosen(), IN_MS),
  wait: mean(WAIT, chosen(), IN_MS),
  'starts, not warm': `${increase(STARTS, chosen('containerState!="warmed"'))} by (containerState)`,
  'starts, warm': `${increase(STARTS, chosen('containerState="warmed"'))} by (containerState)`,
  'variable region': `${increase(ACTIVATIONS)} by (region) > 0`,
  'variable stack': `${increase(ACTIVATIONS)} by (stack) > 0`,
  'variable initiator': `${increase(ACTIVATIONS, '{namespace=~"$namespace"}')} by (initiator) > 0`,
  'variable namespace': `${increase(ACTIVATIONS)} by (namespace)`,
  'variable action': `${increase(ACTIVATIONS, '{namespace=~"$namespace",initiator=~"$initiator"}')} by (action) > 0`,
}

export const GLOBAL: Readonly<Record<string, string>> = {
  'successful activations': increase(STATUS, '{status="success"}'),
  'cold starts': increase(COLD),
  'system errors': increase(STATUS, '{status="internal_error"}'),
  activations: increase(ACTIVATIONS),
  wait: mean(WAIT, '', IN_MS),
  'response size': mean(SIZE),
  'starts, not warm': `${increase(STARTS, '{containerState!="warmed"}')} by (containerState)`,
  'starts, warm': `${increase(STARTS, '{containerState="warmed"}')} by (containerState)`,
  'stem cells that expired':
    'sum by (kind, memory) (increase(counter_containerPool_prewarmExpired_counter_total[$time]))',
  'stem cells that were missing':
    'sum by (kind, memory) (increase(counter_containerPool_prewarmColdstart_counter_total[$time]))',
  'stem cells': 'gauge_containerPool_prewarmCount_counter',
  'active containers': 'gauge_containerPool_activeCount_counter',
}

const top = (labels: string): string => `topk(10, sum by(${labels})(increase(${ACTIVATIONS}[$time])))`

export const TOP_NAMESPACES: Readonly<Record<string, string>> = {
  namespaces: top('namespace'),
  memory: top('memory'),
  kind: top('kind'),
  actions: top('namespace,action,kind,memory'),
}
