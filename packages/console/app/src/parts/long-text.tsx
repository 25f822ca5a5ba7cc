import { useState } from 'preact/hooks'
import { bytes } from './format.ts'

/** So much is shown at first: a browser lays out a few hundred kilobytes at once, not ten megabytes. */
const FIRST = 40_000
const STEP = 200_000

/** Text of any length, as text. */
export function LongText({ text, label }: { readonly text: string; readonly label: string }) {
  const [shown, setShown] = useState(FIRST)
  const isCut = text.length > shown
  return (
    <div class="long-text">
      <pre tabIndex={0} aria-label={label}>
        {isCut ? text.slice(0, shown) : text}
      </pre>
      {isCut && (
        <p class="row">
          <span class="muted">
            {bytes(shown)} of {bytes(text.length)}
          </span>
          <button type="button" class="quiet" onClick={() => setShown(shown + STEP)}>
            Show more
          </button>
          <button type="button" class="quiet" onClick={() => download(text, `${label}.txt`)}>
            Download
          </button>
        </p>
      )}
    </div>
  )
}

export function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2) ?? ''
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

const LINE = /^(\d{4}-\d\d-\d\dT\S+)\s+(stdout|stderr): ?(.*)$/s
const FIRST_LINES = 300
const MORE_LINES = 2000

/** The log of an activation; its last lines are shown first when it is long. */
export function Log({ lines }: { readonly lines: readonly string[] }) {
  const [shown, setShown] = useState(FIRST_LINES)
  if (lines.length === 0) return <p class="muted">No log.</p>
  const hidden = Math.max(0, lines.length - shown)
  return (
    <div>
      {hidden > 0 && (
        <p class="row">
          <span class="muted">{hidden} earlier lines</span>
          <button type="button" class="quiet" onClick={() => setShown(shown + MORE_LINES)}>
            Show more
          </button>
          <button type="button" class="quiet" onClick={() => download(lines.join('\n'), 'log.txt')}>
            Download
          </button>
        </p>
      )}
      <ol class="log" tabIndex={0} aria-label="Log">
        {lines.slice(hidden).map((line, index) => {
          const [, at, stream, text] = LINE.exec(line) ?? []
          const shownText = text ?? line
          return (
            <li key={hidden + index} class={stream}>
              {at !== undefined && <time title={at}>{at.slice(11, 23)}</time>}
              <span>
                {shownText.length > 10_000 ? `${shownText.slice(0, 10_000)}… (${bytes(shownText.length)})` : shownText}
              </span>
            </li>
          )
        })}
      </ol>
    </div>
  )
}
