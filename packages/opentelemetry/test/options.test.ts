import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asksForTelemetry, otlpLogStoreOptions, telemetryOptions } from '../src/index.ts'
import { sampleRatioOf } from '../src/telemetry-options.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

function rowsOf(table: string): string[][] {
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, option = '', , , meaning = '']) => [option.replaceAll('`', ''), meaning])
}

function meaningsOf(shape: Readonly<Record<string, { meta(): unknown }>>): string[][] {
  return Object.entries(shape).map(([name, schema]) => [name, (schema.meta() as { description: string }).description])
}

describe('the options', () => {
  it('are all in the README, with their meaning, and no others', () => {
    const [, table = '', ofLogs = ''] = readme.split(
      '<!-- options: compared with the schema by test/options.test.ts -->',
    )
    expect(rowsOf(table)).toEqual(meaningsOf(telemetryOptions.shape))
    expect(rowsOf(ofLogs)).toEqual(meaningsOf(otlpLogStoreOptions.shape))
  })

  it('the standard variables say whether, and how often', () => {
    expect(asksForTelemetry({})).toBe(false)
    expect(asksForTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' })).toBe(true)
    expect(asksForTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' })).toBe(false)
    expect(sampleRatioOf({})).toBe(1)
    expect(sampleRatioOf({ OTEL_TRACES_SAMPLER: 'always_off' })).toBe(0)
    expect(sampleRatioOf({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' })).toBe(
      0.25,
    )
    expect(sampleRatioOf({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'many' })).toBe(1)
  })
})
