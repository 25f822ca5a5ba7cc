import type { Browser, ElementHandle, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedClient } from '@stemcell/core'
import { eventually } from '../../../../test/eventually.ts'
import { chromium, launch, openPage, picture, seriousFindings, type Complaints } from './browser.ts'
import { INJECTIONS } from './injections.ts'
import { BELOW, keyText, OPERATOR, ServedPlatform } from './served-platform.ts'

const executable = chromium()
const title = 'the console in a browser'
if (executable === undefined) {
  process.stdout.write(`skipped ${title}: there is no Chromium; apt-get install chromium, or set CHROMIUM\n`)
}

const HELLO = `function main({ name = 'you' }) {
  console.log('greeting', name)
  return { greeting: 'Hello, ' + name }
}`

describe.skipIf(executable === undefined)(
  `${title}${executable ? '' : ' (there is no Chromium)'}`,
  { timeout: 60_000 },
  () => {
    let served: ServedPlatform
    let browser: Browser
    let page: Page
    let complaints: Complaints
    let guest: EmbeddedClient
    let key: string

    beforeAll(async () => {
      served = await ServedPlatform.start()
      key = keyText(await served.platform.subjects.createUser('guest'))
      guest = await served.platform.client('guest')
      browser = await launch(executable!)
      ;({ page, complaints } = await openPage(browser))
      await page.setViewport({ width: 1360, height: 860 })
    }, 90_000)

    afterAll(async () => {
      await browser?.close()
      await served?.close()
    })

    const visit = async (hash: string): Promise<void> => {
      await page.evaluate((to) => {
        location.hash = to
      }, hash)
    }
    const text = (): Promise<string> =>
      page.evaluate(
        () =>
          `${document.body.innerText} ${[...document.querySelectorAll('svg text')].map((of) => of.textContent).join(' ')}`,
      )
    const shows = (what: string): Promise<void> =>
      eventually(
        () => `the page shows “${what}”`,
        async () => (await text()).includes(what),
      )
    const press = async (label: string, within = 'body'): Promise<void> => {
      const found = await page.waitForSelector(`${within} ::-p-xpath(.//button[normalize-space()='${label}'])`)
      await found!.click()
    }
    /** What is typed into; in a shadow root, of whose changes a selector that waits hears nothing. */
    const editor = async (label: string): Promise<ElementHandle> => {
      let found: ElementHandle | null = null
      await eventually(`the editor ${label}`, async () => {
        found = await page.$(`[data-editor="${label}"] >>> .cm-content`)
        return found !== null
      })
      return found!
    }
    /** Replaces what is in an editor, as somebody who types would. */
    const write = async (label: string, content: string): Promise<void> => {
      const host = await editor(label)
      await host.click()
      await page.keyboard.down('Control')
      await page.keyboard.press('a')
      await page.keyboard.up('Control')
      await page.keyboard.sendCharacter(content)
    }
    const signIn = async (given: string): Promise<void> => {
      await page.waitForSelector('.sign-in input')
      await page.type('.sign-in input', given)
      await press('Sign in', '.sign-in')
    }

    it('the first view takes less than 300 kB, compressed', async () => {
      const client = await page.createCDPSession()
      await client.send('Network.enable')
      let taken = 0
      client.on('Network.loadingFinished', ({ encodedDataLength }) => (taken += encodedDataLength))
      await page.goto(`${served.url}/console/`, { waitUntil: 'networkidle0' })
      await signIn(key)
      await page.waitForSelector('.items, .centre')
      await visit('#/actions/+')
      await page.waitForSelector('.templates')
      await client.detach()
      expect(taken).toBeGreaterThan(10_000)
      expect(taken).toBeLessThan(300_000)
    })

    it('works below a path of a proxy, and asks for nothing outside of it', async () => {
      const { page: other } = await openPage(browser)
      const asked: string[] = []
      other.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await other.goto(`${served.url}${BELOW}/console`)
      await other.waitForSelector('.sign-in input')
      await other.type('.sign-in input', key)
      await other.click('.sign-in button')
      await other.waitForSelector('.items, .centre')
      await eventually('the icon and the actions', () => asked.some((path) => path.endsWith('/actions')))
      expect(await other.evaluate(() => document.querySelector('img')?.naturalWidth)).toBeGreaterThan(0)
      expect(asked.filter((path) => !path.startsWith(`${BELOW}/`))).toEqual([])
      await other.close()
    })

    it('a wrong key is told, and the right one is kept for this tab only', async () => {
      const { page: other } = await openPage(browser)
      await other.goto(`${served.url}/console/`)
      await other.waitForSelector('.sign-in input')
      await other.type('.sign-in input', 'nobody:knows')
      await other.click('.sign-in button')
      await other.waitForFunction(() => document.body.innerText.includes('does not know this key'))
      await picture(other, 'sign-in')
      expect(await seriousFindings(other)).toEqual([])
      await other.close()
      const kept = await page.evaluate(() => [Object.keys(sessionStorage), JSON.stringify(localStorage)])
      expect(kept[0]).toContain('stemcell.key')
      expect(kept[1]).not.toContain(key)
    })

    it('an action is made from a template, edited, invoked, and its log read', async () => {
      await visit('#/actions/+')
      await page.waitForSelector('form.card input')
      await page.type('form.card input', 'hello')
      await press('Create', 'form.card')
      await shows('version 0.0.1')
      await write('Code', HELLO)
      await write('Input, as JSON', '{"name": "Ada"}')
      await press('Save and invoke', '.invoke')
      await shows('Hello, Ada')
      await shows('greeting Ada')
      await shows('Saved as version 0.0.2.')
      await page.waitForSelector('.invoke .timeline rect')
      await picture(page, 'actions')
    })

    it('code that breaks says why', async () => {
      await write('Code', 'function main() { throw new Error("the stock is empty") }')
      await press('Save and invoke', '.invoke')
      await shows('the stock is empty')
      await shows('developer error')
      await picture(page, 'actions-broken')
      await write('Code', HELLO)
      await press('Save', '.action')
      await shows('Saved as version 0.0.4.')
    })

    it('versions that ran are listed', async () => {
      await press('Versions')
      await shows('0.0.2')
      expect(await page.$$eval('.tab-panel tbody tr', (rows) => rows.length)).toBe(2)
    })

    it('input that is no JSON is refused before anything is sent', async () => {
      await write('Input, as JSON', '{"name":')
      await press('Invoke', '.invoke')
      await shows('this is no JSON')
    })

    it('activations appear as they happen, and tell why they were cold', async () => {
      await visit('#/activations')
      await shows('Activations')
      await guest.putAction('late', { exec: { kind: 'nodejs:default', code: HELLO } })
      const { activationId } = (await guest.invoke('late')) as { activationId: string }
      await page.waitForSelector(`a[title="${activationId}"]`)
      expect(await page.$$(`a[title="${activationId}"]`)).toHaveLength(1)
      await page.click(`a[title="${activationId}"]`)
      await page.waitForSelector('.detail-pane .why li')
      const why = await page.$eval('.detail-pane .why', (list) => list.textContent)
      expect(why).toMatch(/cold|stem cell/)
      await picture(page, 'activations')
    })

    it('a sequence shows its parts as a tree', async () => {
      await guest.putAction('twice', { exec: { kind: 'sequence', components: ['/guest/hello', '/guest/late'] } })
      const { activationId } = (await guest.invoke('twice')) as { activationId: string }
      await visit(`#/activations/${activationId}`)
      await page.waitForFunction(() => document.querySelectorAll('.tree li').length === 3)
    })

    it('triggers, rules and actions are a graph', async () => {
      await guest.request('PUT', 'triggers/order', {})
      await guest.request('PUT', 'rules/order-hello', { trigger: '/guest/order', action: '/guest/hello' })
      await visit('#/flow')
      await page.waitForFunction(() => document.querySelectorAll('.graph .box').length === 3)
      expect(await page.$$eval('.graph .edge', (edges) => edges.length)).toBe(2)
      await picture(page, 'triggers')
    })

    it('a schedule is made, shown and paused', async () => {
      await visit('#/schedules')
      await press('New')
      await page.waitForSelector('form.card input')
      const [name, action, pattern] = await page.$$('form.card input')
      await name!.type('tick')
      await action!.type('hello')
      await pattern!.type('0 6 * * *')
      await press('Create', 'form.card')
      await shows('0 6 * * *')
      await press('Pause', '.cards')
      await shows('stopped')
      await picture(page, 'schedules')
    })

    it('the operator signs in and watches the pool while 500 activations run', async () => {
      await visit('#/operator')
      await page.waitForSelector('.sign-in input')
      await page.type('.sign-in input', `${OPERATOR.username}:wrong`)
      await press('Watch')
      await shows('name or password of the operator is wrong')
      await page.type('.sign-in input', `${OPERATOR.username}:${OPERATOR.password}`)
      await press('Watch')
      await page.waitForSelector('.pool-card .pool')
      await page.evaluate(() => {
        const seen = new Set<string>()
        Reflect.set(globalThis, 'seenPhases', seen)
        const note = (cell: Element): void => {
          for (const name of cell.classList) if (name.startsWith('phase-')) seen.add(name)
        }
        new MutationObserver(() => document.querySelectorAll('.pool .cell').forEach(note)).observe(
          document.querySelector('.pool')!,
          { subtree: true, childList: true, attributes: true },
        )
      })
      await guest.putAction('work', {
        exec: {
          kind: 'nodejs:default',
          code: 'function main() { return new Promise((done) => setTimeout(() => done({}), 20)) }',
        },
      })
      let left = 500
      const worker = async (): Promise<void> => {
        while (left-- > 0) await guest.invoke('work')
      }
      const all = Promise.all(Array.from({ length: 16 }, worker))
      await page.waitForFunction(() => document.querySelector('.pool .phase-hot') !== null)
      await picture(page, 'operator')
      await all
      await page.waitForFunction(() => document.querySelector('.pool .phase-hot') === null)
      const phases = await page.evaluate(() => [...(Reflect.get(globalThis, 'seenPhases') as Set<string>)])
      expect(phases).toEqual(expect.arrayContaining(['phase-hot', 'phase-idle']))
      await shows('guest/work')
      // More than 500 of the container that the pool shows as told by the server.
      await page.waitForFunction(() => /all\s+[1-9]/.test(document.querySelector('.plot')!.textContent ?? ''))
    })

    it('a server that restarts: the page connects again, and shows each activation once', async () => {
      await served.down()
      await shows('no connection, trying again')
      await served.up()
      guest = await served.platform.client('guest')
      await page.waitForSelector('.stream-state.open')
      await visit('#/activations')
      await guest.invoke('hello')
      await page.waitForFunction(() => document.querySelectorAll('.activations tbody tr').length > 10)
      const ids = await page.$$eval('.activations tbody a', (links) => links.map(({ title: id }) => id))
      expect(new Set(ids).size).toBe(ids.length)
    })

    it('a key that is revoked asks to sign in again, and what was typed stays', async () => {
      await visit('#/actions/hello')
      await write('Code', `${HELLO} // half a thought`)
      const revoked = await served.platform.subjects.createUser('guest', { revoke: true, namespace: 'guest' })
      await press('Save', '.action')
      await shows('Sign in again')
      await page.waitForSelector('dialog[open] input')
      await page.type('dialog input', keyText(revoked))
      await press('Sign in', 'dialog')
      await page.waitForFunction(() => document.querySelector('dialog') === null)
      const code = await editor('Code')
      expect(await code.evaluate((content) => content.textContent)).toContain('half a thought')
      key = keyText(revoked)
      guest = await served.platform.client('guest')
    })

    it('a record of 1 MB and a log of 10 MB leave the page usable', async () => {
      await guest.putAction('big', {
        exec: {
          kind: 'nodejs:default',
          code: `function main() {
          for (let line = 0; line < 10000; line++) console.log('x'.repeat(960), line)
          return { text: 'y'.repeat(900000) }
        }`,
        },
      })
      const { activationId } = (await guest.invoke('big')) as { activationId: string }
      await visit(`#/activations/${activationId}`)
      await shows('Show more')
      await eventually('the log', async () => /[\d]+ lines/.test(await text()))
      const shown = await page.evaluate(() => document.body.textContent.length)
      expect(shown).toBeLessThan(1_500_000)
      await visit('#/actions/hello')
      await shows('hello')
    })

    it('scripts in results, logs, errors and annotations are shown as text', async () => {
      expect(INJECTIONS).toHaveLength(30)
      await page.evaluate(() => {
        Reflect.set(globalThis, 'xss', () => Reflect.set(globalThis, 'wasHurt', true))
      })
      await guest.putAction('echo', {
        exec: {
          kind: 'nodejs:default',
          code: `function main({ payload, fails }) {
          console.log(payload)
          return fails ? { error: payload } : { [payload]: payload }
        }`,
        },
      })
      for (const [index, payload] of INJECTIONS.entries()) {
        const { activationId } = (await guest.invoke('echo', { payload, fails: index % 2 === 1 })) as {
          activationId: string
        }
        await eventually(
          'the record',
          async () => (await guest.request('GET', `activations/${activationId}`)).status === 200,
        )
        await visit(`#/activations/${activationId}`)
        const shown = payload.split(/[\u2028\n]/)[0]!
        await page.waitForFunction(
          (wanted, id) => {
            const detail = document.querySelector('.detail-pane')
            return detail?.querySelector('.log')?.textContent.includes(wanted) && detail.textContent.includes(id)
          },
          {},
          shown,
          activationId,
        )
        const result = await page.$eval('.long-text pre', (pre) => pre.textContent)
        expect(result).toContain(JSON.stringify(payload).slice(1, -1))
        // Nothing of it became an element.
        const strange = await page.$$(
          'script:not([type=module]), iframe, object, embed, base, form[action], video, math, meta[http-equiv]',
        )
        expect(strange).toHaveLength(0)
      }
      const description = INJECTIONS[2]!
      await guest.putAction('told', {
        exec: { kind: 'nodejs:default', code: HELLO },
        annotations: [{ key: 'description', value: description }],
        parameters: [{ key: description, value: description }],
      })
      await visit('#/actions/told')
      await shows(description)
      await press('Parameters', '.action')
      expect(await (await editor('Default parameters, as JSON')).evaluate((content) => content.textContent)).toContain(
        'onerror',
      )
      expect(await page.evaluate(() => Reflect.get(globalThis, 'wasHurt'))).toBeUndefined()
    })

    const views = [
      ['actions', '#/actions', '.items'],
      ['action', '#/actions/hello', '.editor'],
      ['new action', '#/actions/+', '.templates'],
      ['activations', '#/activations', '.activations tbody tr'],
      ['triggers', '#/flow', '.graph'],
      ['schedules', '#/schedules', '.cards .facts-list'],
      ['operator', '#/operator', '.plot canvas'],
    ] as const

    it.each(['light', 'dark'])('axe-core finds nothing serious on any page, %s', async (scheme) => {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      for (const [name, hash, ready] of views) {
        await visit(hash)
        await page.waitForSelector(ready)
        expect({ name, findings: await seriousFindings(page) }).toEqual({ name, findings: [] })
        await picture(page, `${name}-${scheme}`)
      }
    })

    it('everything fits into 400 pixels', async () => {
      await page.setViewport({ width: 400, height: 860 })
      for (const [name, hash, ready] of views) {
        await visit(hash)
        await page.waitForSelector(ready)
        const width = await page.evaluate(() => document.scrollingElement!.scrollWidth)
        expect({ name, width }).toEqual({ name, width: 400 })
        await picture(page, `${name}-narrow`)
      }
      await page.setViewport({ width: 1360, height: 860 })
    })

    it('can be used with the keyboard alone', async () => {
      await visit('#/actions')
      await page.waitForSelector('.items a')
      await page.evaluate(() => document.querySelector<HTMLElement>('.items a[href$="hello"]')!.focus())
      await page.keyboard.press('Enter')
      const content = await editor('Code')
      await content.focus()
      // Out of the editor with Tab, not caught in it.
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.closest('[data-editor="Code"]'))).toBeNull()
      await page.focus('[role=tab][aria-selected=true]')
      await page.keyboard.press('ArrowRight')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Parameters')
    })

    it('the policy for content was never violated, and no script failed', () => {
      expect(complaints.found).toEqual([])
    })
  },
)
