import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { keepOperator, keptOperator } from '../../api/session.ts'
import { duration, number } from '../../parts/format.ts'
import { OperatorModel } from './model.ts'
import { Plot } from './plot.tsx'
import { Pool } from './pool.tsx'
import { coldShare, percentiles, rates, refusals, resources, timesOf } from './series.ts'
import { listen, type StreamState } from './stream.ts'

/** The page is drawn at most so often, however often something changes, ms. */
const DRAW_MS = 250

export function OperatorPage() {
  const [credentials, setCredentials] = useState(keptOperator)
  const [refusal, setRefusal] = useState('')
  if (credentials === undefined) {
    return (
      <OperatorSignIn
        refusal={refusal}
        onGiven={(given) => {
          keepOperator(given)
          setCredentials(given)
        }}
      />
    )
  }
  const forget = (reason: string): void => {
    keepOperator(undefined)
    setRefusal(reason)
    setCredentials(undefined)
  }
  return <Watching credentials={credentials} onRefused={forget} />
}

function OperatorSignIn({ refusal, onGiven }: { readonly refusal: string; readonly onGiven: (given: string) => void }) {
  const [given, setGiven] = useState('')
  const isWhole = /^[^:\s]+:\S+$/.test(given.trim())
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault()
        if (isWhole) onGiven(given.trim())
      }}
    >
      <h1>Operator</h1>
      <p class="muted">
        The pool, live, needs the operator’s name and password: those of the configuration, or the file auth.operator of
        the data folder.
      </p>
      <label>
        NAME:PASSWORD
        <input
          type="password"
          autocomplete="off"
          value={given}
          onInput={(event) => setGiven(event.currentTarget.value)}
          aria-describedby="operator-error"
        />
      </label>
      <p id="operator-error" class="error" role="alert">
        {refusal}
      </p>
      <button type="submit" class="primary" disabled={!isWhole}>
        Watch
      </button>
    </form>
  )
}

interface WatchingProps {
  readonly credentials: string
  readonly onRefused: (reason: string) => void
}

const STATE_WORDS: Readonly<Record<StreamState, string>> = {
  connecting: 'connecting',
  open: 'live',
  waiting: 'no connection, trying again',
  refused: 'refused',
}

function Watching({ credentials, onRefused }: WatchingProps) {
  const model = useMemo(() => new OperatorModel(), [])
  const [state, setState] = useState<StreamState>('connecting')
  const [round, setRound] = useState(0)
  const refused = useRef(onRefused)
  refused.current = onRefused

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const draw = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        setRound((before) => before + 1)
      }, DRAW_MS)
    }
    const stop = listen({
      credentials,
      onEvent(event, data) {
        model.take(event, data)
        draw()
      },
      onState(next, reason) {
        if (next === 'refused') refused.current(reason)
        else setState(next)
      },
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [credentials, model])
  // After the pools have drawn what changed.
  useEffect(() => {
    model.isFresh = false
    model.changes.clear()
  }, [round, model])

  const now = model.cluster?.at ?? Date.now()
  const isSecond = Math.floor(now / 1000)
  const series = useMemo(() => {
    const all = [...model.invokers.values()].map(({ points }) => points)
    const oldest = Math.min(now, ...[...all, model.controllerPoints].map((points) => points[0]?.at ?? now))
    const times = timesOf(now, model.pointMs, oldest)
    return {
      rates: rates(times, all, model.pointMs, now),
      percentiles: percentiles(times, all),
      cold: coldShare(times, all),
      refusals: refusals(times, model.controllerPoints),
      resources: resources(times, all),
    }
  }, [isSecond, model.isFresh])

  const { cluster } = model
  const pools = [...model.invokers].toSorted(([left], [right]) => left - right)
  const waiting = (cluster?.waiting ?? 0) + pools.reduce((sum, [, { pool }]) => sum + pool.waiting, 0)
  const used = pools.reduce((sum, [, { pool }]) => sum + pool.usedMb, 0)
  const capacity = pools.reduce((sum, [, { pool }]) => sum + pool.capacityMb, 0)
  const cpu = pools.length === 0 ? 0 : pools.reduce((sum, [, { pool }]) => sum + pool.cpu, 0) / pools.length
  const count = pools.reduce((sum, [, { containers }]) => sum + containers.size, 0)

  return (
    <section class="page" aria-labelledby="operator-title">
      <div class="pane-head">
        <h1 id="operator-title">Operator</h1>
        <span class={`stream-state ${state}`} role="status">
          {state === 'open' ? <span class="live">{STATE_WORDS.open}</span> : STATE_WORDS[state]}
        </span>
      </div>
      {model.skipped > 0 && (
        <p class="notice">This page was too slow for {model.skipped} events; it shows what is, not all that was.</p>
      )}
      <dl class="tiles">
        <Tile label="in flight" value={number(cluster?.inFlight ?? 0)} />
        <Tile label="waiting room" value={number(waiting)} isBad={waiting > 0} />
        <Tile label="containers" value={number(count)} />
        <Tile
          label="memory"
          value={`${gigabytes(used)} / ${gigabytes(capacity)} GB`}
          share={capacity === 0 ? 0 : used / capacity}
        />
        <Tile label="CPU" value={`${Math.round(cpu * 100)} %`} share={cpu} />
        <Tile label="controllers" value={number(cluster?.controllers ?? 0)} />
      </dl>
      {pools.map(([invoker, { pool }]) => (
        <section key={invoker} class="card pad pool-card" aria-label={`Pool of invoker ${invoker}`}>
          <div class="row between">
            <h2>Invoker {invoker}</h2>
            <span class="muted">
              {number(pool.usedMb)} of {number(pool.capacityMb)} MB
              {pool.waiting > 0 && `, ${number(pool.waiting)} waiting`}
            </span>
          </div>
          <Pool invoker={invoker} model={model} round={round} />
        </section>
      ))}
      {pools.length === 0 && state === 'open' && <p class="muted">No invoker tells of its pool.</p>}
      <div class="plots">
        <Plot
          title="Activations per second"
          data={series.rates}
          format={(value) => number(value)}
          lines={[
            { label: 'all', colour: '--accent', isFilled: true },
            { label: 'failed', colour: '--danger' },
          ]}
        />
        <Plot
          title="Latency"
          data={series.percentiles}
          isLogarithmic
          format={(value) => duration(value)}
          lines={[
            { label: 'p50', colour: '--accent' },
            { label: 'p95', colour: '--warn' },
            { label: 'p99', colour: '--danger' },
          ]}
        />
        <Plot
          title="Share of cold starts"
          data={series.cold}
          format={(value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`}
          lines={[
            { label: 'cold', colour: '--danger', isFilled: true },
            { label: 'stem cell', colour: '--violet' },
          ]}
        />
        <Plot
          title="Refused and waiting"
          data={series.refusals}
          format={(value) => number(value)}
          lines={[
            { label: 'refused', colour: '--danger', isFilled: true },
            { label: 'waiting', colour: '--warn' },
          ]}
        />
        <Plot
          title="Memory and CPU"
          data={series.resources}
          format={(value) => `${Math.round(value)} %`}
          lines={[
            { label: 'memory', colour: '--accent', isFilled: true },
            { label: 'CPU', colour: '--violet' },
          ]}
        />
        <section class="card pad" aria-label="Members">
          <h3>Members</h3>
          <div class="scroll-x">
            <table>
              <thead>
                <tr>
                  <th scope="col">Invoker</th>
                  <th scope="col">State</th>
                  <th scope="col" class="num">
                    Memory
                  </th>
                  <th scope="col" class="num">
                    In flight
                  </th>
                </tr>
              </thead>
              <tbody>
                {cluster?.members.map(({ id, name, state: health, memoryMb, inFlight }) => (
                  <tr key={id}>
                    <th scope="row">{name}</th>
                    <td>
                      <span class={`status ${health === 'healthy' ? 'ok' : health === 'offline' ? 'off' : 'dev'}`}>
                        {health}
                      </span>
                    </td>
                    <td class="num">{number(memoryMb)} MB</td>
                    <td class="num">{number(inFlight)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      </div>
    </section>
  )
}

function gigabytes(megabytes: number): string {
  return (megabytes / 1024).toFixed(1)
}

interface TileProps {
  readonly label: string
  readonly value: string
  readonly share?: number
  readonly isBad?: boolean
}

function Tile({ label, value, share, isBad = false }: TileProps) {
  return (
    <div class={`card tile ${isBad ? 'bad' : ''}`}>
      <dt>{label}</dt>
      <dd>
        {value}
        {share !== undefined && <meter min={0} max={1} high={0.9} value={share} aria-hidden="true" />}
      </dd>
    </div>
  )
}
