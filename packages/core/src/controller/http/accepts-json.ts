/** Whether an `Accept` header admits `application/json`: the most specific range that matches decides. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*' || accept === 'application/json' || accept.trim() === '') return true
  let best = -1
  let admitted = false
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const specificity = ['*/*', 'application/*', 'application/json'].indexOf(type)
    if (specificity <= best) continue
    best = specificity
    admitted = !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  }
  return admitted
}
