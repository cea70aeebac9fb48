/** Debian's Chromium, on a page that has the bundled SDK in it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { repository } from '../support/repository.ts'
import type { Hearth } from './page.ts'

const plainName = 'chat.example'

/** Quiet, and without a sandbox, which Chromium refuses to root. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  `--host-resolver-rules=MAP ${plainName} 127.0.0.1`,
]

export interface Browser extends AsyncDisposable {
  /**
   * A page with `hearth` of `page.ts`; errors that nobody caught are in `faults`. `insecure`: from a name that is not
   * this machine's, over plain HTTP, so without Web Cryptography.
   */
  open(init?: { readonly insecure?: boolean }): Promise<Page>
  readonly faults: readonly string[]
  /** Quits, and starts again on the same profile. */
  restart(): Promise<void>
}

/** As an application would: no polyfill, no plugin. Throws for a module that a browser does not have. */
export const bundle = async (): Promise<{ readonly code: string; readonly bytes: number }> => {
  const { outputFiles } = await build({
    entryPoints: [join(repository, 'test', 'browser', 'page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    logLevel: 'silent',
    minify: true,
    legalComments: 'none',
  })
  const code = outputFiles[0]?.text ?? ''
  return { code, bytes: code.length }
}

export const startBrowser = async (code: string): Promise<Browser> => {
  await using opened = new AsyncDisposableStack()
  const profile = await mkdtemp(join(tmpdir(), 'hearth-chromium-'))
  opened.defer(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? code : '<!doctype html><title>hearth</title><script type="module" src="/page.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const faults: string[] = []

  const launch = (): Promise<BrowserContext> =>
    chromium.launchPersistentContext(profile, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      args: flags,
      chromiumSandbox: false,
    })
  let context = await launch()
  opened.defer(() => context.close())
  const all = opened.move()

  return {
    faults,
    open: async ({ insecure = false } = {}) => {
      const page = await context.newPage()
      page.on('pageerror', (error) => faults.push(error.message))
      await page.goto(`http://${insecure ? plainName : '127.0.0.1'}:${port}/`)
      await page.waitForFunction(() => 'hearth' in globalThis)
      return page
    },
    restart: async () => {
      await context.close()
      context = await launch()
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

type Call = { [Name in keyof Hearth]: { readonly name: Name; readonly words: Parameters<Hearth[Name]> } }[keyof Hearth]

/** Runs one function of `page.ts` in the page. */
export const inPage = <Name extends keyof Hearth>(
  page: Page,
  name: Name,
  ...words: Parameters<Hearth[Name]>
): Promise<Awaited<ReturnType<Hearth[Name]>>> =>
  page.evaluate(
    (call) => {
      const { hearth } = globalThis as unknown as { hearth: Record<string, (...words: unknown[]) => unknown> }
      return hearth[call.name]!(...call.words)
    },
    { name, words } as unknown as Call,
  ) as Promise<Awaited<ReturnType<Hearth[Name]>>>
