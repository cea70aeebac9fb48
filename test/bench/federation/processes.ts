import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface Program {
  readonly command: string
  readonly words: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly folder: string
  /** Ready when somebody listens here. */
  readonly listens: { readonly host: string; readonly port: number }
}

/** A server in a process of its own; what it says is kept for the error message. */
export interface Running {
  readonly pid: number
  /** Resolves when the process is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Rejects with what the program said when it does not listen within half a minute. */
export const run = async ({ command, words, environment, folder, listens }: Program): Promise<Running> => {
  const child: ChildProcess = spawn(command, words, {
    cwd: folder,
    env: { ...process.env, ...environment, PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/usr/sbin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)))
  }
  const closed = once(child, 'close').catch((error: unknown) => (said += String(error)))
  const running: Running = {
    pid: child.pid ?? 0,
    end: async (signal) => {
      child.kill(signal)
      await closed
    },
  }
  for (let tries = 0; !(await answers(listens)); tries += 1) {
    if (tries === 300 || child.pid === undefined || child.exitCode !== null) {
      await running.end('SIGKILL')
      throw new Error(`${command} does not start: ${said}`)
    }
    await delay(100)
  }
  return running
}

const answers = async ({ host, port }: Program['listens']): Promise<boolean> => {
  const socket = connect(port, host)
  const outcome = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    delay(1_000).then(() => false),
  ])
  socket.destroy()
  return outcome
}

export const freePort = async (host: string): Promise<number> => {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** CPU time of a process and all of its threads, in seconds (proc(5): utime and stime, in hundredths). */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [user = 0, system = 0] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) / 100
}

/** Is the program here? */
export const hasProgram = async (name: string): Promise<boolean> => {
  const child = spawn('sh', ['-c', `command -v ${name}`], {
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/usr/sbin` },
    stdio: 'ignore',
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0
}
