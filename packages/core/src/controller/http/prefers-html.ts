const RANGE = /^\s*([^\s;,]+)\s*(?:;(.*))?$/
const QUALITY = /(?:^|;)\s*q\s*=\s*([^;\s]*)/

/**
 * Whether whoever asks would rather have HTML than JSON, as browsers say it: `text/html` is named, and JSON is wanted
 * less. Clients that name neither, or both alike, get JSON.
 */
export function prefersHtml(accept: string | undefined): boolean {
  const ranges = accept?.toLowerCase() ?? ''
  if (!ranges.includes('text/html')) return false
  let html = 0
  let json: number | undefined
  let application: number | undefined
  let anything = 0
  for (const part of ranges.split(',')) {
    const [, range, parameters = ''] = RANGE.exec(part) ?? []
    const quality = qualityIn(parameters)
    if (range === 'text/html') html = Math.max(html, quality)
    else if (range === 'application/json') json = quality
    else if (range === 'application/*') application = quality
    else if (range === '*/*') anything = quality
  }
  return html > (json ?? application ?? anything)
}

function qualityIn(parameters: string): number {
  const given = Number(QUALITY.exec(parameters)?.[1] ?? 1)
  return given >= 0 && given <= 1 ? given : 0
}
