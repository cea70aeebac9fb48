import { execFile, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadCertificate } from '../../../node/data-folder/certificate.ts'
import type { Layout } from '../../../node/data-folder/layout.ts'
import type { Broker } from '../../../broker/index.ts'
import { createOpenBroker, type OpenPrincipal } from '../../../broker/open/index.ts'

const run = promisify(execFile)

/** An open broker on TCP, TLS and WebSocket. */
export interface Doors extends AsyncDisposable {
  readonly broker: Broker<OpenPrincipal>
  readonly tcp: number
  readonly tls: number
  readonly ws: number
  /** PEM file of the certificate that TLS clients trust. */
  readonly certificate: string
}

export async function openDoors(): Promise<Doors> {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-doors-'))
  const layout = { tls: folder } as Layout
  const { cert, key, certFile: certificate } = await loadCertificate(layout, { bind: '127.0.0.1' }, { now: Date.now })
  const broker = createOpenBroker({ logger: { debug() {}, info() {}, warn() {}, error() {} } })
  await broker.start()
  const tcpDoor = await broker.listen({ port: 0, host: '127.0.0.1' })
  const tlsDoor = await broker.listen({ port: 0, host: '127.0.0.1', tls: { cert, key } })
  const http = createServer((_request, response) => response.writeHead(404).end())
  http.on('upgrade', (request, socket, head) => broker.handleUpgrade(request, socket, head))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    broker,
    certificate,
    tcp: tcpDoor.port,
    tls: tlsDoor.port,
    ws: (http.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      await broker.stop()
      await new Promise((resolve) => http.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

/** Whether `mosquitto_pub` and `mosquitto_sub` are installed (Debian: mosquitto-clients). */
export async function hasStockClients(): Promise<boolean> {
  return run('mosquitto_sub', ['--version']).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
}

/** `mosquitto_pub`; rejects with what it said. */
export async function publishStock(args: readonly string[]): Promise<void> {
  await run('mosquitto_pub', args)
}

/** `mosquitto_sub`, from its SUBACK on; `lines` resolves when it has printed as many as `-C` says. */
export async function subscribeStock(args: readonly string[]): Promise<{ lines: Promise<string[]> }> {
  const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', '-d', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const printed: string[] = []
  let subscribed = (): void => {}
  const isSubscribed = new Promise<void>((resolve) => (subscribed = resolve))
  const lines = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('Subscribed')) subscribed()
      if (!/^(Client |Subscribed)/.test(line)) printed.push(line)
    }
    subscribed()
    return printed
  })()
  await isSubscribed
  return { lines }
}
