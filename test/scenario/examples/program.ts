import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { repository } from '../../support/repository.ts'

/** Somebody's program while it runs: its lines as they come, and what is typed into it. */
export interface Program extends AsyncDisposable {
  /** The next line of stdout that matches; rejects, with stderr, when the program ends before. */
  line(matches?: RegExp): Promise<string>
  type(text: string): void
  /** Ends its input; resolves with the exit code. */
  finish(): Promise<number | null>
}

export const startProgram = (
  [command = '', ...words]: readonly string[],
  init: { readonly environment?: Readonly<Record<string, string>>; readonly folder?: string } = {},
): Program => {
  const child = spawn(command, words, {
    cwd: init.folder ?? repository,
    env: { ...process.env, ...init.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close').then(([code]) => code as number | null)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {}) // it ended before it read everything: line() says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    line: async (matches = /./) => {
      for (;;) {
        const next = await lines.next()
        if (next.done === true) throw new Error(`${command} ${words.join(' ')} ended: ${stderr}`)
        if (matches.test(next.value)) return next.value
      }
    },
    type: (text) => void child.stdin.write(`${text}\n`),
    finish: async () => {
      child.stdin.end()
      const code = await closed
      if (code !== 0) throw new Error(`${command} ${words.join(' ')} exited ${String(code)}: ${stderr}`)
      return code
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill()
      await closed
    },
  }
}
