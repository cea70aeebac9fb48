import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { z } from 'zod'

/** One connection of the generator. Clients of one group: its publisher and the subscribers of what that publishes. */
export interface GeneratorClient {
  readonly group: number
  readonly clientId: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly publish?: string | undefined
  readonly subscribe?: string | undefined
  readonly from?: string | undefined
}

export interface Load {
  readonly port: number
  readonly brokerPid: number
  readonly clients: readonly GeneratorClient[]
  readonly version: 4 | 5
  readonly qos: 0 | 1
  /** Messages of a group that are not yet fully delivered. */
  readonly window: number
  /** Messages a second of all groups together, instead of a window. */
  readonly rate?: number | undefined
  readonly payloadBytes: number
  /** Runs so long before it is measured. */
  readonly warmMs: number
  readonly measureMs: number
}

const joined = z.object({ clients: z.number(), joinSeconds: z.number() })
const measured = joined.extend({
  seconds: z.number(),
  messages: z.number(),
  deliveries: z.number(),
  messagesPerSecond: z.number(),
  deliveriesPerSecond: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  lost: z.number(),
  duplicated: z.number(),
  ackErrors: z.number(),
  stalled: z.boolean(),
  /** Shares of one core. */
  generatorCpu: z.number(),
  brokerCpu: z.number(),
})

export type Measured = z.output<typeof measured>

export interface Generator {
  /** Connects, subscribes, warms up, measures. Rejects with what the generator said. */
  load(load: Load): Promise<Measured>
  /** Connects everybody, one at a time from each source address, and holds the connections until disposed. */
  hold(load: Pick<Load, 'port' | 'clients'>): Promise<{ joinSeconds: number } & AsyncDisposable>
}

/** Compiles the C program when its sources are newer. `core`: where it is pinned. */
export const buildGenerator = async (init: { folder: string; core: number | undefined }): Promise<Generator> => {
  const program = await compile(init.folder)
  const pin = init.core === undefined ? [] : ['--core', String(init.core)]
  let runs = 0
  const start = async (clients: readonly GeneratorClient[], flags: readonly string[]) => {
    const file = join(init.folder, `clients-${process.pid}-${(runs += 1)}.tsv`)
    await writeFile(file, clients.map(toLine).join(''))
    const child = spawn(program, ['--clients', file, ...pin, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const closed = once(child, 'close')
    for await (const line of createInterface({ input: child.stdout })) return { child, line, closed }
    await closed
    throw new Error(stderr.trim() || 'the generator said nothing')
  }
  return {
    load: async (load) => {
      const { line, closed } = await start(load.clients, loadFlags(load))
      await closed
      return measured.parse(JSON.parse(line))
    },
    hold: async ({ port, clients }) => {
      const { child, line, closed } = await start(clients, [
        '--port',
        String(port),
        '--hold',
        '1',
        '--stall-ms',
        '30000',
      ])
      return {
        joinSeconds: joined.parse(JSON.parse(line)).joinSeconds,
        [Symbol.asyncDispose]: async () => {
          child.stdin.end()
          await closed
        },
      }
    },
  }
}

const compile = async (folder: string): Promise<string> => {
  const sources = ['generator.c', 'wire.c'].map((name) => join(import.meta.dirname, name))
  const program = join(folder, 'generator')
  await mkdir(folder, { recursive: true })
  const times = await Promise.all(
    [...sources, join(import.meta.dirname, 'generator.h')].map(async (file) => (await stat(file)).mtimeMs),
  )
  const built = await stat(program).then(
    (found) => found.mtimeMs,
    () => 0,
  )
  if (built < Math.max(...times)) {
    await promisify(execFile)('cc', ['-O2', '-std=gnu17', '-Wall', '-Wextra', '-o', program, ...sources])
  }
  return program
}

const toLine = (client: GeneratorClient): string =>
  `${[
    client.group,
    client.clientId,
    client.user ?? '-',
    client.password ?? '-',
    client.publish ?? '-',
    client.subscribe ?? '-',
    client.from ?? '-',
  ].join('\t')}\n`

const loadFlags = (load: Load): string[] => {
  const values = {
    port: load.port,
    'broker-pid': load.brokerPid,
    version: load.version,
    qos: load.qos,
    window: load.window,
    rate: load.rate ?? 0,
    bytes: load.payloadBytes,
    'warm-ms': load.warmMs,
    'measure-ms': load.measureMs,
  }
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)])
}
