/**
 * Rows of a bench as text. A row is `{ name, values: { column: number } }`; notes say what was not measured and why, or
 * on what.
 */
export function table({ columns, rows, ratios, notes = [] }) {
  const cell = (value) => (value === undefined ? '' : typeof value === 'number' ? format(value) : value)
  const lines = [['', ...columns], ...rows.map(({ name, values }) => [name, ...columns.map((c) => cell(values[c]))])]
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)))
  const text = lines.map((line) =>
    line.map((part, i) => (i === 0 ? part.padEnd(widths[i]) : part.padStart(widths[i]))).join('  '),
  )
  const verdicts = ratios.map(
    ({ name, value, target, met }) =>
      `${met === undefined ? 'noted ' : met ? 'met   ' : 'missed'} ${name}: ${format(value)} (target ${target})`,
  )
  return [...text, '', ...verdicts, ...notes.map((note) => `note   ${note}`)].join('\n')
}

function format(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
