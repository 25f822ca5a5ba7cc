import { annotation, stagesOf, statusOf, type Activation } from '../../api/entities.ts'
import { explain } from '../../api/explain.ts'
import { duration, time } from '../../parts/format.ts'
import { hrefOf } from '../../parts/route.ts'
import { json, Log, LongText } from '../../parts/long-text.tsx'
import { Status } from '../../parts/status.tsx'
import { Timeline } from '../../parts/timeline.tsx'
import { CauseTree } from './cause-tree.tsx'

interface Props {
  readonly activation: Activation
  /** Beside the action: its name is on the page already. */
  readonly isCompact?: boolean
  /** The log is not there yet. */
  readonly isLogAwaited?: boolean
}

/** All there is about one activation. */
export function ActivationView({ activation, isCompact = false, isLogAwaited = false }: Props) {
  const { activationId, name, version, start, duration: took, cause, logs, response, annotations } = activation
  const kind = annotation(activation, 'kind')
  const areParts = logs.length > 0 && logs.every((line) => /^[0-9a-f]{32}$/.test(line))
  const isComposed = kind === 'sequence' || annotation(activation, 'conductor') === true
  return (
    <div class="activation">
      {!isCompact && <h2 class="name">{name}</h2>}
      <p class="facts">
        <Status code={statusOf(activation)} />
        {took !== undefined && <b>{duration(took)}</b>}
        <span class="muted">{time(start)}</span>
        <span class="muted">version {version}</span>
        {typeof kind === 'string' && <span class="muted">{kind}</span>}
      </p>
      <p class="muted small mono">
        <a href={hrefOf('activations', activationId)}>{activationId}</a>
      </p>
      <Timeline stages={stagesOf(activation)} />
      <ul class="why">
        {explain(activation).map((sentence, index) => (
          <li key={index}>{sentence}</li>
        ))}
      </ul>
      {(cause !== undefined || isComposed) && !isCompact && <CauseTree activation={activation} />}
      <h3>Result</h3>
      <LongText text={json(response.result)} label="Result" />
      {!areParts && (
        <>
          <h3>
            Log {logs.length > 0 && <span class="muted">{logs.length === 1 ? '1 line' : `${logs.length} lines`}</span>}
          </h3>
          {isLogAwaited ? <p class="muted">Being read…</p> : <Log lines={logs} />}
        </>
      )}
      <details>
        <summary>Annotations</summary>
        <LongText
          text={json(Object.fromEntries(annotations.map(({ key, value }) => [key, value])))}
          label="Annotations"
        />
      </details>
    </div>
  )
}
