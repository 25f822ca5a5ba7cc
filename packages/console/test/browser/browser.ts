import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

const root = resolve(import.meta.dirname, '../../../..')
/** Where the pictures of the last run are. */
export const PICTURES = join(root, '.test-report', 'console')

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

/** Path of a Chromium, if there is one; `CHROMIUM` in the environment names another. */
export function chromium(): string | undefined {
  const named = process.env['CHROMIUM']
  return named ? named : PLACES.find((path) => existsSync(path))
}

export function launch(executablePath: string): Promise<Browser> {
  mkdirSync(PICTURES, { recursive: true })
  // Without its sandbox where the tests run as root, as in containers: it opens nothing but our own page.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking']
  return puppeteer.launch({ executablePath, args, headless: true, timeout: 60_000, protocolTimeout: 60_000 })
}

export interface Complaints {
  /** Violations of the policy, errors of scripts, windows that scripts opened. */
  readonly found: string[]
}

/** A page whose complaints are written down. */
export async function openPage(browser: Browser): Promise<{ readonly page: Page; readonly complaints: Complaints }> {
  const page = await browser.newPage()
  page.setDefaultTimeout(8_000)
  const found: string[] = []
  page.on('pageerror', (error) => found.push(`error: ${String(error)}`))
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) found.push(`policy: ${message.text()}`)
  })
  page.on('dialog', (dialog) => {
    found.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.exposeFunction('tellViolation', (text: string) => found.push(`policy: ${text}`))
  await page.evaluateOnNewDocument(() => {
    addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sourceFile, lineNumber, columnNumber, sample }) => {
        const tell = Reflect.get(globalThis, 'tellViolation') as (text: string) => void
        tell(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}:${columnNumber} ${sample}`)
      },
    )
  })
  return { page, complaints: { found } }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Found {
  readonly id: string
  readonly impact: string
  readonly targets: readonly string[]
}

/** What axe-core calls serious or critical on the page as it is. */
export async function seriousFindings(page: Page): Promise<readonly Found[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    interface Result {
      violations: { id: string; impact: string; nodes: { target: unknown[]; failureSummary: string }[] }[]
    }
    const axe = Reflect.get(globalThis, 'axe') as { run: () => Promise<Result> }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({
        id,
        impact,
        targets: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
      }))
  })
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) as `${string}.png` })
}
