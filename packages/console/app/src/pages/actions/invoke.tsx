import { useState } from 'preact/hooks'
import { ApiError, pathOf } from '../../api/api.ts'
import type { Activation } from '../../api/entities.ts'
import { explainRefusal } from '../../api/explain.ts'
import { useSigned } from '../../parts/context.ts'
import { Editor } from '../../parts/editor.tsx'
import { ActivationView } from '../activations/activation-view.tsx'
import { parseObject } from './draft.ts'

interface Props {
  readonly name: string
  readonly isChanged: boolean
  readonly save: () => Promise<boolean>
}

type Outcome =
  | { readonly kind: 'record'; readonly activation: Activation; readonly isWhole: boolean }
  | { readonly kind: 'later'; readonly id: string }
  | { readonly kind: 'refused'; readonly text: string }

const RECORD_ATTEMPTS = 12
const RECORD_PAUSE_MS = 100

/** Runs the action with a JSON input and shows what came of it. */
export function Invoke({ name, isChanged, save }: Props) {
  const { api } = useSigned()
  const [input, setInput] = useState('{}')
  const [isRunning, setRunning] = useState(false)
  const [outcome, setOutcome] = useState<Outcome>()

  /** Log and stages come with the record, which is stored after the caller has the result. */
  const complete = async (answered: Activation): Promise<void> => {
    let activation = answered
    for (let attempt = 0; attempt < RECORD_ATTEMPTS; attempt++) {
      try {
        activation = await api.get<Activation>(`activations/${answered.activationId}`)
        break
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) break
        await new Promise((resolve) => setTimeout(resolve, RECORD_PAUSE_MS * (attempt + 1)))
      }
    }
    setOutcome((shown) =>
      shown?.kind === 'record' && shown.activation.activationId === answered.activationId
        ? { kind: 'record', activation, isWhole: true }
        : shown,
    )
  }

  const invoke = async (): Promise<void> => {
    if (isRunning) return
    setRunning(true)
    setOutcome(undefined)
    try {
      parseObject(input, 'Input')
      if (isChanged && !(await save())) return
      const { body, status } = await api.ask<Activation>(
        'POST',
        `actions/${pathOf(name)}?blocking=true`,
        input.trim() === '' ? '{}' : input,
      )
      if (status === 202) setOutcome({ kind: 'later', id: body.activationId })
      else {
        setOutcome({ kind: 'record', activation: body, isWhole: false })
        void complete(body)
      }
    } catch (error) {
      const text =
        error instanceof ApiError
          ? explainRefusal(error.status, error.message)
          : error instanceof Error
            ? error.message
            : String(error)
      setOutcome({ kind: 'refused', text })
    } finally {
      setRunning(false)
    }
  }

  return (
    <section
      class="card invoke"
      aria-label="Invoke"
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
          event.preventDefault()
          void invoke()
        }
      }}
    >
      <div class="row between">
        <h3>Invoke</h3>
        <button type="button" class="primary" disabled={isRunning} onClick={() => void invoke()}>
          {isRunning ? 'Running…' : isChanged ? 'Save and invoke' : 'Invoke'}
        </button>
      </div>
      <Editor
        isSmall
        label="Input, as JSON"
        language="json"
        document={`${name} input`}
        value={input}
        onChange={setInput}
      />
      <div aria-live="polite" aria-busy={isRunning}>
        {outcome?.kind === 'refused' && <p class="error">{outcome.text}</p>}
        {outcome?.kind === 'later' && (
          <p>
            It still runs. Its record will be <a href={`#/activations/${outcome.id}`}>{outcome.id}</a>.
          </p>
        )}
        {outcome?.kind === 'record' && (
          <ActivationView
            key={outcome.activation.activationId}
            activation={outcome.activation}
            isCompact
            isLogAwaited={!outcome.isWhole}
          />
        )}
      </div>
    </section>
  )
}
