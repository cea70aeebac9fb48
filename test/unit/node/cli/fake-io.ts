import { PassThrough } from 'node:stream'
import type { CliIo } from '../../../../node/cli/io.ts'

export interface FakeIo extends CliIo {
  readonly stdin: PassThrough & { isTTY?: boolean }
  out(): string
  err(): string
  interrupt(): void
}

/** A command line without a process. */
export const fakeIo = (init: { readonly terminal?: boolean; readonly env?: Record<string, string> } = {}): FakeIo => {
  const stdout = collector(init.terminal)
  const stderr = collector(init.terminal)
  const listeners = new Set<() => void>()
  const stdin = Object.assign(new PassThrough(), init.terminal === true ? { isTTY: true } : {})
  return {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: init.env ?? {},
    cwd: '/work',
    onInterrupt: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    out: stdout.text,
    err: stderr.text,
    interrupt: () => {
      for (const listener of listeners) listener()
    },
  }
}

const collector = (terminal = false) => {
  let text = ''
  const stream = Object.assign(new PassThrough(), terminal ? { isTTY: true } : {})
  stream.on('data', (chunk) => (text += String(chunk)))
  return { stream, text: () => text }
}
