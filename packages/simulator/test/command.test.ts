import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../../scripts/simulate.mjs', import.meta.url))

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

function simulate(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, '--cluster', ...args], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe('npm run simulate -- --cluster', () => {
  it('says of seeds that keep every promise how many there were, and how fast', { timeout: 60_000 }, () => {
    const { status, output } = simulate('--seed', '1', '--seeds', '2', '--load', '2', '--faults', '1')
    expect(output).toMatch(/^2 seeds from 1$/m)
    expect(output).toMatch(
      /seeds\/s, \d+ events\/s, \d+ activations\/s, [\d.]+ simulated hours, [\d.]+ simulated hours\/s$/m,
    )
    expect(output).toMatch(/^every promise was kept$/m)
    expect(status).toBe(0)
  })

  it('prints a command that repeats a seed that fails', { timeout: 120_000 }, () => {
    const found = simulate('--seed', '1', '--seeds', '2', '--load', '5', '--faults', '3', '--flaw', 'free-before-gone')
    expect(found.status).toBe(1)
    const [, words] = /again: npm run simulate -- --cluster (.*)$/m.exec(found.output) ?? []
    expect(words, found.output).toMatch(/^--seed \d+ --only (none|\d)/)
    const again = simulate(...words!.split(' '))
    expect(again.output).toMatch(/^ {2}memory(-books)? at [\d.]+ s: /m)
    expect(again.status).toBe(1)
  })

  it('ends after the seed that is running on Ctrl-C, and tells what came of it', { timeout: 60_000 }, async () => {
    const args = [MAIN, '--seed', '1', '--seeds', '1000', '--load', '2', '--json', '--faults', '0']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output === '') child.kill('SIGINT')
      output += text
    })
    const [status] = (await once(child, 'close')) as [number | null]
    const seeds = output.trim().split('\n').length
    expect(status).toBe(0)
    expect(seeds).toBeGreaterThan(0)
    expect(seeds).toBeLessThan(1_000)
  })

  it('refuses what it does not understand, and says what it does', { timeout: 60_000 }, () => {
    for (const args of [['--only', 'all'], ['--nonsense']]) {
      const { status, output } = simulate(...args)
      expect(output).toContain(args[0])
      expect(output).toContain('--seeds N')
      expect(status).toBe(1)
    }
  })
})
