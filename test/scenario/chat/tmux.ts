import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

export interface TerminalInit {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly columns?: number
  readonly rows?: number
}

/** A terminal of its own in tmux: what a person sees, and the keys that they press. */
export interface Terminal extends AsyncDisposable {
  /** The screen as text, without trailing spaces. */
  screen(): Promise<string>
  /** The first screen, now or to come, that matches. Rejects with the last screen after 20 s. */
  until(shows: RegExp): Promise<string>
  /** The first screen, now or to come, that does not match. */
  untilNot(shows: RegExp): Promise<string>
  type(text: string): Promise<void>
  /** tmux's names: `Enter`, `C-n`, `PPage`, `M-a`. */
  press(...keys: readonly string[]): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** Exit code of the command, once it has ended. */
  exited(): Promise<number>
}

/** Without tmux (apt-get install tmux) the tests on a real screen are skipped. */
export const hasTmux = (): Promise<boolean> =>
  promisify(execFile)('tmux', ['-V']).then(
    () => true,
    () => false,
  )

const waitMsMax = 20_000

export const openTerminal = async ({
  command,
  environment,
  columns = 90,
  rows = 24,
}: TerminalInit): Promise<Terminal> => {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-tmux-'))
  const pidFile = join(folder, 'pid')
  const socket = ['-u', '-f', '/dev/null', '-S', join(folder, 'socket')]
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)('tmux', [...socket, ...words])).stdout
  const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`])

  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), ...variables, 'exec sleep 1000')
  await tmux('set-option', '-g', 'status', 'off')
  await tmux('set-option', '-g', 'window-size', 'manual')
  await tmux('resize-window', '-x', String(columns), '-y', String(rows))
  // control mode tells of each output: nothing here looks at a clock to see whether the screen has changed
  const control = spawn('tmux', [...socket, '-C', 'attach-session'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const listeners = new Set<() => void>()
  createInterface({ input: control.stdout }).on('line', () => listeners.forEach((listener) => listener()))
  await tmux('respawn-pane', '-k', ...variables, wrapped(command, pidFile))

  const screen = async (): Promise<string> =>
    (await tmux('capture-pane', '-p'))
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()

  /** Looks now, and after each event, until `look` finds something. */
  const until = <T>(look: () => Promise<T | undefined>): Promise<T> =>
    new Promise((resolve, reject) => {
      let isLooking = false
      let isStale = true
      const stop = (): void => {
        clearTimeout(timer)
        listeners.delete(onEvent)
      }
      const turn = async (): Promise<void> => {
        isLooking = true
        while (isStale) {
          isStale = false
          const found = await look()
          if (found === undefined) continue
          stop()
          return resolve(found)
        }
        isLooking = false
      }
      const onEvent = (): void => {
        isStale = true
        if (!isLooking) turn().catch(reject)
      }
      const timer = setTimeout(() => {
        stop()
        screen().then((last) => reject(new Error(`not seen in ${waitMsMax} ms, the screen is:\n${last}`)), reject)
      }, waitMsMax)
      listeners.add(onEvent)
      onEvent()
    })
  const untilScreen = (holds: (text: string) => boolean): Promise<string> =>
    until(async () => {
      const text = await screen()
      return holds(text) ? text : undefined
    })

  const exited = async (): Promise<number> =>
    Number(exitLine.exec(await untilScreen((text) => exitLine.test(text)))?.[1])

  return {
    screen,
    until: (shows) => untilScreen((text) => shows.test(text)),
    untilNot: (shows) => untilScreen((text) => !shows.test(text)),
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    resize: async (width, height) => void (await tmux('resize-window', '-x', String(width), '-y', String(height))),
    exited,
    [Symbol.asyncDispose]: async () => {
      // as a closed window does; what the command still writes down is written when this returns
      try {
        if (!exitLine.test(await screen())) process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGHUP')
        await exited()
      } finally {
        const closed = once(control, 'close')
        await tmux('kill-server')
        await closed
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Leaves the exit code on the screen, and its pid in a file. */
const wrapped = (command: readonly string[], pidFile: string): string =>
  `sh -c 'echo $$ > "$0"; exec "$@"' ${[pidFile, ...command].map(quoted).join(' ')}; echo "exited $?"; exec sleep 1000`

const exitLine = /^exited (\d+)$/m

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
