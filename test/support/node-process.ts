import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { unnamedError } from '../../node/call-table.ts'
import { jsonLines } from './json-lines.ts'
import { repository } from './repository.ts'

/** What `hearth up --json` says once every door is open. */
const readySchema = z.looseObject({
  addresses: z.looseObject({ http: z.string(), webSocket: z.string(), mqtt: z.string(), mqtts: z.string() }),
  firstRun: z
    .looseObject({
      adminInvite: z.string(),
      server: z.string(),
      channel: z.string(),
      user: z.string(),
      token: z.string(),
    })
    .optional(),
})

export type Ready = z.output<typeof readySchema>

export interface NodeOptions {
  /** Data folder; undefined: a new one, removed when the process is disposed. */
  readonly data?: string
  /** Further flags of `hearth up`. */
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** A command to run node under: `['taskset', '-c', '0']`. */
  readonly under?: readonly string[]
  /** How long a start may take. */
  readonly startTimeoutMs?: number
}

export interface CliResult {
  readonly code: number
  /** Every JSON document on stdout. */
  readonly rows: readonly unknown[]
  readonly stdout: string
  readonly stderr: string
}

/** A home node in a process of its own, as an operator runs it. */
export interface NodeProcess extends AsyncDisposable {
  readonly data: string
  readonly pid: number
  readonly ready: Ready
  /** What the first start on this data said; kept over restarts. */
  readonly firstRun: NonNullable<Ready['firstRun']>
  /** stdout and stderr of all lives, for the report of a failing test. */
  output(): string
  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** Starts again on the same data; `options` replace those of the life before. */
  restart(options?: Pick<NodeOptions, 'flags' | 'environment' | 'under'>): Promise<void>
  /** Runs the command line against this node, with `--json`. Never rejects for an exit code. */
  cli(...words: readonly string[]): Promise<CliResult>
  /** The same; throws unless it exits 0, and returns the first JSON document. */
  ask<T extends z.ZodType>(schema: T, ...words: readonly string[]): Promise<z.output<T>>
}

/** A start that ended before the node was ready: what it exited with and said. */
export class NodeExitedError extends Error {
  readonly code: number | null
  readonly output: string
  constructor(code: number | null, output: string) {
    super(`the node exited with ${String(code)} before it was ready:\n${output}`)
    this.name = 'NodeExitedError'
    this.code = code
    this.output = output
  }
}

/** Rejects with NodeExitedError, or with an Error after `startTimeoutMs`. */
export const startNode = async (init: NodeOptions = {}): Promise<NodeProcess> => {
  const data = init.data ?? (await mkdtemp(join(tmpdir(), 'hearth-node-')))
  let options = init
  let output = ''
  let life: Life | undefined
  let firstRun: Ready['firstRun']

  const start = async (): Promise<void> => {
    life = await startLife(data, options, (text) => (output = (output + text).slice(-outputCharsMax)))
    firstRun ??= life.ready.firstRun
  }
  const running = (): Life => {
    if (life === undefined) throw new Error('this node is not running')
    return life
  }
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = running()
    life = undefined
    ending.child.kill(signal)
    return ending.exited
  }
  const cli = async (...words: readonly string[]): Promise<CliResult> => runCli([...words, '--data', data, '--json'])

  try {
    await start()
  } catch (error) {
    if (init.data === undefined) await rm(data, { recursive: true, force: true })
    throw error
  }

  return {
    data,
    get pid() {
      return running().pid
    },
    get ready() {
      return running().ready
    },
    get firstRun() {
      if (firstRun === undefined) throw new Error(`no first-run card from this node:\n${output}`)
      return firstRun
    },
    output: () => output,
    kill9: async () => {
      await end('SIGKILL')
    },
    stop: async () => end('SIGTERM'),
    restart: async (changed) => {
      options = { ...options, ...changed }
      await start()
    },
    cli,
    ask: async (schema, ...words) => {
      const result = await cli(...words)
      if (result.code !== 0) throw new Error(`hearth ${words.join(' ')} exited ${result.code}: ${result.stderr}`)
      return schema.parse(result.rows[0])
    },
    [Symbol.asyncDispose]: async () => {
      if (life !== undefined) await end('SIGKILL')
      const unnamed = output.split('\n').find((line) => line.includes(unnamedError))
      if (unnamed !== undefined) throw new Error(unnamed)
      if (init.data === undefined) await rm(data, { recursive: true, force: true })
    },
  }
}

/** Runs `hearth …` to its end. */
export const runCli = async (words: readonly string[]): Promise<CliResult> => {
  const child = spawn(process.execPath, [cliFile, ...words], {
    cwd: repository,
    env: environmentWithoutHearth(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, rows: jsonLines(stdout), stdout, stderr }
}

const cliFile = join(repository, 'node', 'cli', 'main.ts')
/** As `./hearth` starts it. */
const nodeFlags = ['--max-semi-space-size=8']
const outputCharsMax = 64 * 1024
const anyPorts = ['--http-port', '0', '--mqtt-port', '0', '--mqtts-port', '0', '--p2p-port', '0']

interface Life {
  readonly child: ChildProcess
  readonly pid: number
  readonly ready: Ready
  readonly exited: Promise<number | null>
}

const startLife = async (data: string, options: NodeOptions, heard: (text: string) => void): Promise<Life> => {
  const [command, ...rest] = [...(options.under ?? []), process.execPath, ...nodeFlags, cliFile]
  const child = spawn(command ?? '', [...rest, 'up', '--json', '--data', data, ...anyPorts, ...(options.flags ?? [])], {
    cwd: repository,
    env: { MALLOC_ARENA_MAX: '2', ...environmentWithoutHearth(), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'close').then(([code]) => code as number | null)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
    heard(text)
  })
  const ready = new Promise<Ready>((resolve) => {
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard(text)
      stdout = (stdout + text).slice(-outputCharsMax)
      for (const document of jsonLines(stdout)) {
        const parsed = readySchema.safeParse(document)
        if (parsed.success) resolve(parsed.data)
      }
    })
  })
  const late = new AbortController()
  const deadline = setTimeout(() => late.abort(), options.startTimeoutMs ?? 15_000)
  const outcome = await Promise.race([
    ready,
    exited.then((code) => new NodeExitedError(code, said)),
    once(late.signal, 'abort').then(() => new Error(`the node was not ready in time:\n${said}`)),
  ])
  clearTimeout(deadline)
  if (!(outcome instanceof Error) && child.pid !== undefined) return { child, pid: child.pid, ready: outcome, exited }
  child.kill('SIGKILL')
  await exited
  throw outcome
}

const environmentWithoutHearth = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HEARTH_')))
