import type { ReplayReport, ReplayResult } from '../replay/replay.ts'

const WIDTH = 960
const TOP = 64
const PLOT = { left: 72, width: 360, height: 320 }
const BARS = { left: 640, width: 240 }
const COLOURS = ['#0b6bcb', '#c2410c', '#15803d', '#7e22ce', '#be123c', '#0e7490', '#a16207', '#475569']
const PERCENTILES = [
  ['p50', 1],
  ['p90', 0.65],
  ['p99', 0.35],
] as const

/**
 * A report as a picture: cold starts against wasted memory, where lower and further left is better, and the latencies of
 * each combination.
 */
export function reportSvg({ trace, results }: ReplayReport): string {
  const height = TOP + Math.max(PLOT.height + 64, results.length * 44 + 48)
  const colour = (at: number): string => COLOURS[at % COLOURS.length]!
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1e293b">
<rect width="100%" height="100%" fill="#fff"/>
${text(16, 28, trace, 'font-size="15" font-weight="600"')}
${scatter(results, colour)}
${bars(results, colour)}
</svg>
`
}

function scatter(results: readonly ReplayResult[], colour: (at: number) => string): string {
  const most = (value: (result: ReplayResult) => number): number => niceAbove(Math.max(...results.map(value)) * 1.1)
  const mostWasted = most(({ figures }) => figures.wastedGbS)
  const mostCold = most(({ figures }) => figures.coldShare * 100)
  const { left, width, height } = PLOT
  const x = (gbS: number): number => left + (width * gbS) / mostWasted
  const y = (percent: number): number => TOP + height - (height * percent) / mostCold
  const parts: string[] = []
  for (let tick = 0; tick <= 4; tick++) {
    const percent = (mostCold * tick) / 4
    const gbS = (mostWasted * tick) / 4
    parts.push(
      `<line x1="${left}" x2="${left + width}" y1="${at(y(percent))}" y2="${at(y(percent))}" stroke="#e2e8f0"/>`,
      text(left - 8, y(percent) + 4, `${short(percent)} %`, 'text-anchor="end"'),
      text(x(gbS), TOP + height + 18, short(gbS), 'text-anchor="middle"'),
    )
  }
  for (const [index, { scheduler, policy, figures }] of results.entries()) {
    const [cx, cy] = [x(figures.wastedGbS), y(figures.coldShare * 100)]
    const isRight = cx > left + width * 0.65
    parts.push(
      `<circle cx="${at(cx)}" cy="${at(cy)}" r="6" fill="${colour(index)}"/>`,
      text(cx + (isRight ? -10 : 10), cy + 4, `${scheduler}, ${policy}`, isRight ? 'text-anchor="end"' : ''),
    )
  }
  parts.push(
    text(left, TOP - 12, 'invocations that start cold', 'font-weight="600"'),
    text(left + width, TOP + height + 38, 'memory wasted, GB·s', 'font-weight="600" text-anchor="end"'),
  )
  return parts.join('\n')
}

function bars(results: readonly ReplayResult[], colour: (at: number) => string): string {
  const { left, width } = BARS
  const most = Math.max(10, ...results.map(({ figures }) => figures.latencyMs.p99))
  const long = (ms: number): number => (width * Math.log10(1 + ms)) / Math.log10(1 + most)
  const parts = [text(left, TOP - 12, 'latency, ms: p50, p90, p99 (logarithmic)', 'font-weight="600"')]
  for (const [index, { scheduler, policy, figures }] of results.entries()) {
    const top = TOP + index * 44
    parts.push(text(left - 8, top + 20, `${scheduler}, ${policy}`, 'text-anchor="end"'))
    for (const [row, [name, opacity]] of PERCENTILES.entries()) {
      const ms = figures.latencyMs[name]
      parts.push(
        `<rect x="${left}" y="${top + row * 11}" width="${at(long(ms))}" height="10" fill="${colour(index)}" opacity="${opacity}"/>`,
        text(left + long(ms) + 4, top + row * 11 + 9, short(ms), 'font-size="10"'),
      )
    }
  }
  return parts.join('\n')
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped}</text>`
}

function at(value: number): string {
  return value.toFixed(1)
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3, notation: value >= 10_000 ? 'compact' : 'standard' })
}

/** The next number that is easily read: 1, 2 or 5 with zeros. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [1, 2, 5, 10].find((step) => step * power >= value)!
}
